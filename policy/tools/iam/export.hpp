// The steps of an export: rules → statements of IAM → JSON.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "rules/compiled.hpp"

namespace ssmgate::tools::iam {

struct OutCondition {
  std::string op, key;
  std::vector<std::string> values;
};

struct OutStatement {
  std::string sid;
  bool allows = false;
  std::vector<std::string> actions;
  std::vector<std::string> resources;
  std::vector<OutCondition> conditions;
};

// ARNs for the rule's `targets`, never narrower. `partition` where its regions tell none.
[[nodiscard]] std::vector<std::string> target_arns(const Rule& rule, const std::string& partition);

// ARNs for its `documents`, never narrower.
[[nodiscard]] std::vector<std::string> document_arns(const Rule& rule,
                                                     const std::string& partition);

// An Allow of the caller's own shell, which is what a session without a DocumentName opens.
[[nodiscard]] std::vector<std::string> shell_arns(const Rule& rule, const std::string& partition);

// The partitions that its regions are in.
[[nodiscard]] std::set<std::string> partitions_of(const Rule& rule, const std::string& partition);

// The actions that `operations.deny` denies, and no others.
[[nodiscard]] std::vector<std::string> denied_actions(const Globs& globs);

[[nodiscard]] std::string render_statements(const std::vector<OutStatement>& statements);

// What IAM counts: all characters but blanks.
[[nodiscard]] std::size_t counted_size(const std::string& json);

}  // namespace ssmgate::tools::iam
