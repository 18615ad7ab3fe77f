// The rules of a policy as the tightest IAM policy that never refuses what they allow.
//
// IAM allows every target of one statement with every document of another, sees no parameter and
// no person behind the credentials, and sees the gateway's address where the gateway sees the
// client's. What follows from that is said in warnings, at the rule.
#include "tools/iam/export.hpp"

#include <algorithm>
#include <set>

#include "names/ascii.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/rules/policy.hpp"
#include "ssmgate/text/fields.hpp"
#include "ssmgate/tools/iam.hpp"
#include "tools/iam/arn.hpp"
#include "tools/iam/parts.hpp"

namespace ssmgate::tools {
namespace iam {
namespace {

using Texts = std::vector<std::string>;

// SOURCE: IAM User Guide, "IAM and AWS STS quotas".
constexpr std::size_t kManagedSize = 6144;
constexpr std::size_t kUserInlineSize = 2048;

std::string join_keys(const Texts& keys) {
  std::string out;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i > 0) out += i + 1 == keys.size() ? " and " : ", ";
    out += '`' + keys[i] + '`';
  }
  return out;
}

class Exporter {
 public:
  Exporter(const CompiledRules& rules, const ExportOptions& options, IamExport& out)
      : rules_(rules), partition_(options.partition), egress_(options.egress), out_(out) {}

  void run() {
    for (const Rule& rule : rules_.allow) allow(rule);
    warn_of_product();
    for (const Rule& rule : rules_.deny) deny(rule);
    if (rules_.allow.empty()) {
      statements_.push_back({make_sid("NoSessions"), false, {"ssm:StartSession"}, {"*"}, {}});
    }
    deny_operations();
    if (!rules_.allow.empty()) own_sessions();
    out_.json = render_statements(statements_);
    warn_of_size(*out_.json);
  }

 private:
  void lose(Position where, std::string text) {
    out_.lossy = true;
    report_warning(out_.diagnostics, where, std::move(text));
  }

  void lose(const Rule& rule, const std::string& text) {
    lose(rule.where, "rule `" + rule.id + "`: " + text);
  }

  // The criteria that no statement holds.
  static Texts beyond_iam(const Rule& rule) {
    Texts keys;
    const auto add = [&](bool said, const char* key) {
      if (said) keys.emplace_back(key);
    };
    const auto all_any = [](const auto& entries) {
      return std::all_of(entries.begin(), entries.end(),
                         [](const auto& entry) { return entry.text == "any"; });
    };
    add(rule.users.said, "users");
    add(!rule.clients.empty(), "clients");  // behind the gateway AWS sees the gateway's address
    add(!rule.access_keys.empty(), "access_keys");
    add(!all_any(rule.hosts) || (rule.denies && !rule.hosts.empty()), "hosts");
    add(!all_any(rule.ports) || (rule.denies && !rule.ports.empty()), "ports");
    const bool any_command = rule.commands == Globs{"*"} && !rule.denies;
    add(!rule.commands.empty() && !any_command, "commands");
    add(!rule.parameters.empty(), "parameters");
    add(rule.reason.compiled != nullptr, "reason");
    add(rule.hours.has_value(), "hours");
    add(rule.max_duration.has_value(), "max_duration");
    return keys;
  }

  // Whole seconds, outward for an allow and inward for a deny.
  static std::vector<OutCondition> times(const Rule& rule) {
    using std::chrono::seconds;
    const auto up = [](Instant t) { return Instant(std::chrono::ceil<seconds>(t)); };
    const auto down = [](Instant t) { return Instant(std::chrono::floor<seconds>(t)); };
    std::optional<Instant> end = rule.expires;
    if (rule.report_until && (!end || *rule.report_until < *end)) end = rule.report_until;
    std::vector<OutCondition> out;
    if (rule.not_before) {
      const Instant begin = rule.denies ? up(*rule.not_before) : down(*rule.not_before);
      out.push_back({"DateGreaterThanEquals", "aws:CurrentTime", {render_instant(begin)}});
    }
    if (end) {
      out.push_back({"DateLessThan",
                     "aws:CurrentTime",
                     {render_instant(rule.denies ? down(*end) : up(*end))}});
    }
    return out;
  }

  void allow(const Rule& rule) {
    OutStatement made{make_sid(rule.id), true, {"ssm:StartSession"}, {}, times(rule)};
    // AWS's own documents have no account in their ARN.
    if (!rule.accounts.empty()) {
      made.conditions.push_back({"StringEquals", "aws:PrincipalAccount", rule.accounts});
    }
    made.conditions.push_back({"BoolIfExists", "ssm:SessionDocumentAccessCheck", {"true"}});
    if (!egress_.empty()) made.conditions.push_back({"IpAddress", "aws:SourceIp", egress_});
    made.resources = target_arns(rule, partition_);
    const Texts documents = document_arns(rule, partition_);
    made.resources.insert(made.resources.end(), documents.begin(), documents.end());
    if (matches_default(rule) && rules_.default_document != kShell) {
      const Texts shell = shell_arns(rule, partition_);
      made.resources.insert(made.resources.end(), shell.begin(), shell.end());
      lose(rule,
           "to AWS a request without DocumentName is for `SSM-SessionManagerRunShell`, not "
           "for `default_document`; the statement allows that, too");
    }
    statements_.push_back(std::move(made));
    const Texts keys = beyond_iam(rule);
    if (!keys.empty()) {
      lose(rule, "IAM cannot hold " + join_keys(keys) +
                     "; who goes round the gateway is held to targets and documents alone");
    }
    if (rule.report_until) {
      lose(rule, "IAM has no report mode; the statement allows what the rule relays until `until`");
    }
  }

  [[nodiscard]] bool matches_default(const Rule& rule) const {
    return std::any_of(rule.documents.begin(), rule.documents.end(),
                       [&](const DocumentPattern& pattern) {
                         return pattern.matches(*rules_.default_canonical, Place{});
                       });
  }

  void warn_of_product() {
    for (std::size_t i = 1; i < rules_.allow.size(); ++i) {
      const Rule& first = rules_.allow.front();
      const Rule& rule = rules_.allow[i];
      const bool same_targets = target_arns(first, partition_) == target_arns(rule, partition_);
      const bool same_documents =
          document_arns(first, partition_) == document_arns(rule, partition_);
      if (same_targets || same_documents) continue;
      lose(rule,
           "IAM allows the targets of every rule with the documents of every other, here with "
           "those of `" +
               first.id + "`; use separate roles to keep them apart");
      return;
    }
  }

  void deny(const Rule& rule) {
    const std::string why = why_not(rule);
    if (!why.empty()) {
      lose(rule, why + "; the gateway alone denies it");
      return;
    }
    OutStatement made{make_sid("Deny-" + rule.id), false, {"ssm:StartSession"}, {"*"}, times(rule)};
    if (!rule.accounts.empty()) {
      made.conditions.push_back({"StringEquals", "aws:PrincipalAccount", rule.accounts});
    }
    if (!rule.regions.empty()) {
      made.conditions.push_back({"StringLike", "aws:RequestedRegion", rule.regions});
    }
    Rule everywhere;  // the conditions hold the place
    everywhere.targets = rule.targets;
    everywhere.documents = rule.documents;
    if (!rule.targets.empty()) made.resources = target_arns(everywhere, partition_);
    if (!rule.documents.empty()) made.resources = document_arns(everywhere, partition_);
    statements_.push_back(std::move(made));
  }

  // Why a Deny would deny more than the rule; empty: it would not.
  std::string why_not(const Rule& rule) const {
    const Texts keys = beyond_iam(rule);
    if (!keys.empty()) return "IAM cannot hold " + join_keys(keys);
    if (rule.report_until) return "IAM has no report mode";
    if (!rule.targets.empty() && !rule.documents.empty()) {
      return "IAM cannot hold `targets` and `documents` together in a Deny";
    }
    const bool tasks = std::any_of(rule.targets.begin(), rule.targets.end(), [](const auto& glob) {
      return !matches_all(glob) && glob != "ecs:*" && globs_intersect(glob, "ecs:*");
    });
    if (tasks) return "an ARN names a whole ECS task, not a container of it";
    for (const DocumentPattern& pattern : rule.documents) {
      if (denies_more(pattern)) {
        return "a Deny of " + in_backticks(pattern.text()) + " would deny more than that";
      }
    }
    return {};
  }

  // A name is the caller's own document, an ARN with an account one that was asked for by ARN. IAM
  // does not tell the two apart: so a Deny of the one must not reach an allowed one of the other.
  [[nodiscard]] bool denies_more(const DocumentPattern& pattern) const {
    const std::string name = name_of(pattern);
    const bool plain = !pattern.text().starts_with("arn:");
    // AWS opens the shell where the gateway judges `default_document`.
    const bool shell = (plain || pattern.has_account()) && glob_matches(name, kShell);
    if (shell && rules_.default_document != kShell) return true;
    if (!plain && !pattern.has_account()) return false;
    return std::any_of(rules_.allow.begin(), rules_.allow.end(), [&](const Rule& rule) {
      return std::any_of(rule.documents.begin(), rule.documents.end(), [&](const auto& allowed) {
        return allowed.has_account() == plain && globs_intersect(name, name_of(allowed));
      });
    });
  }

  static std::string name_of(const DocumentPattern& pattern) {
    const std::string& text = pattern.text();
    return text.substr(text.find('/') + 1);
  }

  void deny_operations() {
    Texts actions = denied_actions(rules_.denied_operations);
    if (actions.empty()) return;
    statements_.push_back({make_sid("DenyOtherOperations"), false, std::move(actions), {"*"}, {}});
  }

  // SOURCE: Systems Manager User Guide, "Quickstart default IAM policies for Session Manager".
  void own_sessions() {
    Texts actions;
    for (const std::string_view operation : {"ResumeSession", "TerminateSession"}) {
      const bool denied =
          std::any_of(rules_.denied_operations.begin(), rules_.denied_operations.end(),
                      [&](const std::string& glob) { return glob_matches(glob, operation); });
      if (!denied) actions.push_back("ssm:" + std::string(operation));
    }
    actions.emplace_back("ssmmessages:OpenDataChannel");
    std::set<std::string> partitions;
    for (const Rule& rule : rules_.allow) partitions.merge(partitions_of(rule, partition_));
    Texts sessions;
    for (const std::string& partition : partitions) {
      const std::string session = "arn:" + partition + ":ssm:*:*:session/";
      sessions.push_back(session + "${aws:username}-*");
      sessions.push_back(session + "${aws:userid}-*");
    }
    statements_.push_back(
        {make_sid("OwnSessions"), true, std::move(actions), std::move(sessions), {}});
  }

  void warn_of_size(const std::string& json) {
    const std::size_t size = counted_size(json);
    const std::string counted = "the policy has " + std::to_string(size) + " characters, ";
    if (size > kManagedSize) {
      report_warning(out_.diagnostics, {},
                     counted + "a managed policy may have 6144; split it, or name fewer things");
    } else if (size > kUserInlineSize) {
      report_warning(
          out_.diagnostics, {},
          counted + "a user's inline policy may have 2048; attach it as a managed policy");
    }
  }

  // [A-Za-z0-9]+, each once.
  std::string make_sid(std::string_view id) {
    std::string sid;
    bool capital = true;
    for (const char c : id) {
      if (!ascii::is_alnum(c)) {
        capital = true;
        continue;
      }
      sid += capital && ascii::is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
      capital = false;
    }
    std::string made = sid;
    for (int n = 2; !sids_.insert(made).second; ++n) made = sid + 'N' + std::to_string(n);
    return made;
  }

  const CompiledRules& rules_;
  const std::string& partition_;
  const Texts& egress_;
  IamExport& out_;
  std::vector<OutStatement> statements_;
  std::set<std::string> sids_;
};

}  // namespace
}  // namespace iam

IamExport export_iam(std::string_view text, const ExportOptions& options) {
  IamExport out;
  LoadedPolicy loaded = load_policy(text);
  out.diagnostics = std::move(loaded.diagnostics);
  if (!loaded.policy) return out;
  const CompiledRules& rules = loaded.policy->rules();
  if (rules.report_until) {
    out.lossy = true;
    report_warning(out.diagnostics, {},
                   "IAM has no report mode: it refuses at once what the policy would only note");
  }
  iam::Exporter(rules, options, out).run();
  sort_diagnostics(out.diagnostics);
  return out;
}

}  // namespace ssmgate::tools
