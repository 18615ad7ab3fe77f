// The steps of an import and what they hand on to each other.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ssmgate/text/diagnostic.hpp"
#include "tools/iam/conditions.hpp"
#include "tools/iam/document.hpp"
#include "tools/iam/parts.hpp"

namespace ssmgate::tools::iam {

// What cannot be carried over, said twice: as a warning at the statement's place in the JSON, and
// as a comment at its place in the YAML.
class Report {
 public:
  // The rules say less (allow) or more (deny) than the statement.
  void lose(const Statement& statement, Position where, const std::string& text) {
    lossy_ = true;
    warn(statement, where, text);
  }
  // The rules say what the statement does, which is hardly what its author wants.
  void warn(const Statement& statement, Position where, const std::string& text);
  // Only a comment.
  void remark(const Statement& statement, const std::string& text) {
    comments_[statement.number].push_back(text);
  }

  [[nodiscard]] bool lossy() const noexcept { return lossy_; }
  [[nodiscard]] const std::vector<std::string>& comments(const Statement& statement) {
    return comments_[statement.number];
  }
  [[nodiscard]] Diagnostics take_diagnostics();

 private:
  bool lossy_ = false;
  Diagnostics diagnostics_;
  std::map<std::size_t, std::vector<std::string>> comments_;
};

struct ImportedRule {
  const Statement* of = nullptr;
  std::string id;
  Bounds bounds;
  Entries targets;    // empty: all
  Entries documents;  // empty (deny rules): all
  bool commented_out = false;
  bool old_keys = false;  // only for access keys that do not tell their account
};

struct ImportedRules {
  std::vector<ImportedRule> allow, deny;
  bool unchecked = false;  // some allow opens a shell to who names no document
};

// Unique ids made of Sids.
class RuleIds {
 public:
  [[nodiscard]] std::string make(const Statement& statement, std::string_view suffix = {});

 private:
  std::map<std::string, int> used_;
};

// StartSession alone; `scp`: allows are written as comments.
void import_allows(const PolicyDocument& policy, bool scp, RuleIds& ids, Report& report,
                   ImportedRules& out);
void import_denies(const PolicyDocument& policy, RuleIds& ids, Report& report, ImportedRules& out);

// The policy has Allow statements, and none of them is about Systems Manager.
[[nodiscard]] bool allows_nothing_of_ssm(const PolicyDocument& policy);

// The entries of `operations.deny`.
[[nodiscard]] std::vector<std::string> import_operations(const PolicyDocument& policy, bool scp,
                                                         Report& report);

[[nodiscard]] std::string render_imported(const PolicyDocument& policy, const ImportedRules& rules,
                                          const std::vector<std::string>& denied_operations,
                                          Report& report);

}  // namespace ssmgate::tools::iam
