#include "tools/iam/parts.hpp"

#include <algorithm>
#include <array>

#include "rules/glob_language.hpp"
#include "ssmgate/names/document.hpp"
#include "ssmgate/names/glob.hpp"

namespace ssmgate::tools::iam {
namespace {

// SOURCE: Service Authorization Reference, Systems Manager, StartSession: resource types.
struct TargetKind {
  std::string_view service, resource, target;
};
constexpr std::array<TargetKind, 2> kNodes = {{
    {"ec2", "instance/i-", "i-"},
    {"ssm", "managed-instance/mi-", "mi-"},
}};
constexpr std::string_view kTask = "task/";

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of(kDigits) == std::string_view::npos;
}

bool covers_catalogued(std::string_view glob) {
  const auto all = catalogue();
  return std::any_of(all.begin(), all.end(),
                     [&](const CatalogueEntry& entry) { return glob_matches(glob, entry.name); });
}

bool is_every_account(std::string_view glob) {
  return matches_all(glob) || glob == kEveryAccount;
}

// One reading of one resource.
class FieldsReader {
 public:
  FieldsReader(const ArnFields& fields, bool allows, const Word& word, Parts& out)
      : fields_(fields), allows_(allows), word_(word), out_(out) {}

  void read() {
    bool exact = true;
    const auto regions = read_regions(fields_.partition, fields_.region, exact);
    if (!regions) return;
    bounds_.regions = *regions;
    inexact_regions_ = !exact;
    read_targets();
    if (glob_matches(fields_.service, "ssm")) {
      for (const std::string& name : consume_prefix(fields_.resource, kDocumentPrefix)) {
        read_document(name);
      }
    }
  }

 private:
  void lose(std::string why) { out_.lost.push_back({word_.where, std::move(why)}); }

  // False when an allow must not use the regions.
  bool take_regions() {
    if (!inexact_regions_) return true;
    lose(in_backticks(word_.text) + " names partition and region in a way that `regions` cannot");
    return !allows_;
  }

  void read_targets() {
    Entries globs;
    for (const TargetKind& kind : kNodes) {
      if (!glob_matches(fields_.service, kind.service)) continue;
      for (const std::string& rest : consume_prefix(fields_.resource, kind.resource)) {
        std::string glob = std::string(kind.target) + rest;
        if (can_match_target(glob)) globs.insert(std::move(glob));
      }
    }
    if (glob_matches(fields_.service, "ecs")) read_tasks(globs);
    if (globs.empty() || !take_regions()) return;
    Bounds bounds = bounds_;
    if (is_account(fields_.account)) {
      bounds.accounts = {fields_.account};
    } else if (!is_every_account(fields_.account) && fields_.account != kOwnAccount) {
      if (!can_match_account(fields_.account)) return;
      lose(in_backticks(word_.text) +
           " has an account with a wildcard, which `accounts` cannot "
           "hold; write the accounts out");
      if (allows_) return;
    }
    out_.targets[bounds].merge(globs);
  }

  // A prefix of CLUSTER/TASK that is the same prefix of CLUSTER_TASK_RUNTIME: its one `?` can stand
  // for one joint, and so it ends before the second.
  static bool is_task_prefix(std::string_view rest) {
    if (!rest.ends_with('*')) return false;
    rest.remove_suffix(1);
    return rest.find_first_of("*/_") == std::string_view::npos &&
           std::count(rest.begin(), rest.end(), '?') <= 1 &&
           can_match_target("ecs:" + std::string(rest) + '*');
  }

  // `_` joins the parts of an ECS target and may stand in a cluster's name, so that a glob for one
  // cluster would reach others whose names begin alike.
  void read_tasks(Entries& globs) {
    for (const std::string& rest : consume_prefix(fields_.resource, kTask)) {
      if (rest == "*" || rest == "*/*") {
        globs.insert("ecs:*");
        continue;
      }
      if (is_task_prefix(rest)) {
        globs.insert("ecs:" + rest);
        continue;
      }
      std::string glob = "ecs:" + rest + "_*";
      std::replace(glob.begin(), glob.end(), '/', '_');
      if (!can_match_target(glob)) continue;
      lose(in_backticks(word_.text) +
           " names ECS tasks, which no glob over targets does exactly; " +
           (allows_ ? "write " + in_backticks(glob) +
                          " under `targets` if no other cluster's name "
                          "begins so"
                    : "the rule may deny tasks of other clusters, too"));
      if (!allows_) globs.insert(std::move(glob));
    }
  }

  void add(const Bounds& bounds, std::string entry) {
    if (!take_regions()) return;
    out_.remote_host = out_.remote_host || entry == kRemoteHost;
    out_.documents[bounds].insert(std::move(entry));
  }

  void read_document(const std::string& name) {
    const std::string& account = fields_.account;
    const bool any = matches_all(account);
    const bool literal = is_account(account);
    const bool reserved = is_reserved_document_name(name.substr(0, name.find_first_of("*?")));
    if (!can_match_document_name(name)) return;
    const std::string_view right = find_miscased_name(name);
    if (!right.empty()) {
      return mistake("is not a document's name: case matters; in IAM and here write `" +
                     std::string(right) + '`');
    }
    if (reserved && !any && !account.empty()) return wrong_account(name);
    if (any || account.empty()) read_aws_owned(name, reserved, any);
    if (reserved) return;
    if (account.empty()) {
      if (!has_glob(name)) {
        mistake(
            "matches nothing: only AWS's own documents have no account in their ARN; write "
            "your account's id, or `*`");
      }
      return;
    }
    const bool may_be_shared = account != kOwnAccount && (any || can_match_account(account));
    if (may_be_shared) {
      add(bounds_, "arn:" + fields_.partition + ":ssm:" + fields_.region + ':' + account + ':' +
                       std::string(kDocumentPrefix) + name);
    }
    Bounds own = bounds_;
    if (literal) own.accounts = {account};
    if (is_every_account(account) || literal || account == kOwnAccount) {
      read_own(name, own);
    } else if (may_be_shared) {
      lose(in_backticks(word_.text) +
           " has an account with a wildcard, which `accounts` cannot "
           "hold; write the accounts out");
      if (!allows_) read_own(name, own);
    }
  }

  void read_aws_owned(const std::string& name, bool reserved, bool any_account) {
    if (!has_glob(name)) {
      if (reserved) add(bounds_, name);
      return;
    }
    if (!can_match_reserved_name(name)) return;
    const std::string arn = "arn:*:ssm:*::document/" + name;
    if (!allows_) return add(bounds_, any_account ? name : arn);
    const bool catalogued = covers_catalogued(name);
    for (const CatalogueEntry& entry : catalogue()) {
      if (glob_matches(name, entry.name)) add(bounds_, std::string(entry.name));
    }
    // For any account a name entry says it all: AWS's documents and the caller's own.
    if (!catalogued) return add(bounds_, any_account ? name : arn);
    lose(in_backticks(word_.text) +
         " covers documents of AWS that ssmgate does not know, and "
         "tomorrow's; the rules name the known ones: add others by name");
  }

  void read_own(const std::string& name, const Bounds& own) {
    if (!has_glob(name) || !can_match_reserved_name(name)) return add(own, name);
    if (!allows_) {
      if (!matches_all(fields_.account)) out_.own_documents[own].insert(name);
      return;
    }
    const bool said = matches_all(fields_.account) && !covers_catalogued(name);
    if (said) return;
    if (glob_matches(name, kShell)) add(own, std::string(kShell));
    lose(in_backticks(word_.text) +
         " covers all documents of your account; of those the rules "
         "allow the shell alone: add others by name");
  }

  void mistake(std::string text) {
    out_.mistakes.push_back({word_.where, in_backticks(word_.text) + ' ' + std::move(text)});
  }

  void wrong_account(const std::string& name) {
    const std::string effect =
        allows_ ? "so it grants nothing" : "so it denies nothing and the document stays open";
    mistake("gives an AWS-owned document an account and matches nothing, " + effect +
            "; in IAM write `arn:" + fields_.partition + ":ssm:" + fields_.region + "::document/" +
            name + "`, here `" + name + '`');
  }

  const ArnFields& fields_;
  bool allows_;
  const Word& word_;
  Parts& out_;
  Bounds bounds_;
  bool inexact_regions_ = false;
};

// `${…}` that stand for the caller's account, as the one character that says so.
std::string name_own_account(std::string text) {
  for (const std::string_view variable : {"${aws:PrincipalAccount}", "${aws:ResourceAccount}"}) {
    const std::string field = ':' + std::string(variable) + ':';
    const std::size_t at = text.find(field);
    if (at != std::string::npos) text.replace(at + 1, variable.size(), kOwnAccount);
  }
  return text;
}

void read_word(const Word& word, bool allows, bool variables, Parts& out) {
  std::string pattern = variables ? name_own_account(word.text) : word.text;
  if (variables && pattern.find("${") != std::string::npos) {
    Parts touched;
    pattern = widen_variables(pattern);
    read_word({pattern, word.where}, false, false, touched);
    if (touched.targets.empty() && touched.documents.empty()) return;
    out.lost.push_back({word.where, in_backticks(word.text) + " uses a policy variable, which no "
                                                              "rule can"});
    if (allows) return;
  }
  const auto narrow = read_resource(pattern, Reading::narrow);
  const auto wide = read_resource(pattern, Reading::wide);
  for (const ArnFields& fields : allows ? narrow : wide) {
    FieldsReader(fields, allows, word, out).read();
  }
  if (narrow == wide) return;
  Parts difference;
  for (const ArnFields& fields : wide) {
    const bool in_both = std::find(narrow.begin(), narrow.end(), fields) != narrow.end();
    if (!in_both) FieldsReader(fields, false, word, difference).read();
  }
  if (difference.targets.empty() && difference.documents.empty()) return;
  out.lost.push_back({word.where, in_backticks(word.text) +
                                      " has wildcards that may stand for colons, which IAM's "
                                      "readers do not agree on; write all six fields of the ARN"});
}

}  // namespace

Parts read_parts(const Statement& statement, bool variables) {
  Parts out;
  for (const Word& word : statement.resources) {
    read_word(word, statement.allows, variables, out);
  }
  return out;
}

bool are_all_targets(const Entries& targets) {
  return targets.contains("i-*") && targets.contains("mi-*") && targets.contains("ecs:*");
}

}  // namespace ssmgate::tools::iam
