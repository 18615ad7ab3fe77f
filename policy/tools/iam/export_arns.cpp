// A rule's targets and documents as ARNs. Where the two cannot say the same, the ARN says more: it
// must not refuse what the rule allows.
#include <algorithm>
#include <set>

#include "rules/glob_language.hpp"
#include "ssmgate/names/document.hpp"
#include "ssmgate/names/glob.hpp"
#include "tools/iam/arn.hpp"
#include "tools/iam/export.hpp"
#include "tools/iam/parts.hpp"

namespace ssmgate::tools::iam {
namespace {

using Texts = std::vector<std::string>;

// One partition and region that the rule is for.
struct Spot {
  std::string partition, region;
};

std::vector<Spot> spots_of(const Rule& rule, const std::string& partition) {
  if (rule.regions.empty()) return {{partition, "*"}};
  std::vector<Spot> out;
  for (const std::string& region : rule.regions) {
    // `aws` is also what a glob that could be anywhere seems to be.
    const std::string_view told = partition_of_region(region);
    const bool sure = !has_glob(region) || told != "aws";
    out.push_back({sure ? std::string(told) : partition, region});
  }
  return out;
}

Texts accounts_of(const Rule& rule) {
  return rule.accounts.empty() ? Texts{"*"} : rule.accounts;
}

std::string arn(const Spot& spot, std::string_view service, const std::string& account,
                const std::string& resource) {
  return "arn:" + spot.partition + ':' + std::string(service) + ':' + spot.region + ':' + account +
         ':' + resource;
}

// CLUSTER_TASK_RUNTIME as CLUSTER/TASK. A `_` may stand in the cluster's name, so that in a glob
// the first one may be the `/` or not, which `?` says, and behind it nothing is sure.
std::string task_of(const std::string& rest) {
  const std::size_t wildcard = rest.find_first_of("*?");
  if (wildcard == std::string::npos) {
    const std::size_t runtime = rest.rfind('_');
    std::string task = rest.substr(0, runtime);
    const std::size_t joint = task.rfind('_');
    if (joint != std::string::npos) task[joint] = '/';
    return "task/" + task;
  }
  const std::size_t joint = std::min(rest.find('_'), wildcard);
  return "task/" + rest.substr(0, joint) + (joint < wildcard ? "?*" : "*");
}

struct Resource {
  std::string_view service;
  std::string text;
};

std::vector<Resource> target_resources(const Rule& rule) {
  if (rule.targets.empty()) {
    return {{"ec2", "instance/*"}, {"ssm", "managed-instance/*"}, {"ecs", "task/*"}};
  }
  std::vector<Resource> out;
  for (const std::string& glob : rule.targets) {
    for (const std::string& rest : consume_prefix(glob, "i-")) {
      if (can_match_target("i-" + rest)) out.push_back({"ec2", "instance/i-" + rest});
    }
    for (const std::string& rest : consume_prefix(glob, "mi-")) {
      if (can_match_target("mi-" + rest)) out.push_back({"ssm", "managed-instance/mi-" + rest});
    }
    for (const std::string& rest : consume_prefix(glob, "ecs:")) {
      if (can_match_target("ecs:" + rest)) out.push_back({"ecs", task_of(rest)});
    }
  }
  return out;
}

void add(Texts& out, std::string text) {
  if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(std::move(text));
}

void add_name(const Rule& rule, const std::string& name, const std::vector<Spot>& spots,
              Texts& out) {
  const std::string resource = "document/" + name;
  const bool reserved = is_reserved_document_name(name.substr(0, name.find_first_of("*?")));
  const bool either = !reserved && has_glob(name) && can_match_reserved_name(name);
  for (const Spot& spot : spots) {
    if (reserved) {
      add(out, arn(spot, "ssm", "", resource));
    } else if (either) {
      // `*` is AWS's empty account, too; the targets hold the account.
      add(out, arn(spot, "ssm", "*", resource));
    } else {
      for (const std::string& account : accounts_of(rule)) {
        add(out, arn(spot, "ssm", account, resource));
      }
    }
  }
}

// An ARN entry with an account, even `*`, is never a document of AWS's own; in IAM `*` is.
std::string entry_arn(const DocumentPattern& pattern) {
  if (!pattern.has_account() || !matches_all(pattern.account_glob())) return pattern.text();
  return arn({pattern.partition_glob(), pattern.region_glob()}, "ssm", std::string(kEveryAccount),
             "document/" + pattern.name_glob());
}

}  // namespace

Texts target_arns(const Rule& rule, const std::string& partition) {
  Texts out;
  for (const Resource& resource : target_resources(rule)) {
    for (const Spot& spot : spots_of(rule, partition)) {
      for (const std::string& account : accounts_of(rule)) {
        add(out, arn(spot, resource.service, account, resource.text));
      }
    }
  }
  return out;
}

std::set<std::string> partitions_of(const Rule& rule, const std::string& partition) {
  std::set<std::string> out;
  for (const Spot& spot : spots_of(rule, partition)) out.insert(spot.partition);
  return out;
}

Texts document_arns(const Rule& rule, const std::string& partition) {
  Texts out;
  const std::vector<Spot> spots = spots_of(rule, partition);
  for (const DocumentPattern& pattern : rule.documents) {
    if (pattern.is_arn()) {
      add(out, entry_arn(pattern));
    } else {
      add_name(rule, pattern.text(), spots, out);
    }
  }
  return out;
}

Texts shell_arns(const Rule& rule, const std::string& partition) {
  Texts out;
  add_name(rule, std::string(kShell), spots_of(rule, partition), out);
  return out;
}

}  // namespace ssmgate::tools::iam
