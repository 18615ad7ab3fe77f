// A StartSession read by the naive evaluator: what was sent, what is malformed, what is absent.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/rules/naive_evaluator.hpp"
#include "policy/rules/naive_values.hpp"

namespace ssmgate::naive {

struct Request {
  const TreeNode& policy;
  const Question& asked;
  Asked document;
  std::string target;
  std::optional<std::string> reason;
  std::vector<std::pair<std::string, Strings>> sent;  // in the request's order
  std::map<std::string, Strings> values;              // canonical, with defaults
  bool catalogued = false;

  [[nodiscard]] bool takes(const std::string& parameter) const;
};

// The code of what is malformed, the first of the table in docs/policy.md, or "".
std::string read_request(Request& request);

// The entries of a list; a bare value is a list of one.
Strings strings(const TreeNode* node);
std::string text_of(const TreeNode* node);
bool contains(const Strings& list, const std::string& text);

}  // namespace ssmgate::naive
