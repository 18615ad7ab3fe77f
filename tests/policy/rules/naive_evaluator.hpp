// The policy language a second time, as plain loops over the file's tree: slow, and sharing nothing
// with `decide` and the decoder but the tree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ssmgate/text/tree.hpp"

namespace ssmgate::naive {

// A StartSession and its caller, in the words of the one who asks.
struct Question {
  std::string body;  // JSON
  std::optional<std::string> user, unix_user;
  std::vector<std::string> unix_groups;
  std::string client;
  std::string access_key, account, region;
  std::int64_t now = 0;  // seconds since 1970
};

struct Verdict {
  std::string code;  // allowed, explicit-deny, no-rule, or what is malformed
  bool relay = false;
  std::string rule;
  std::string nearest;
  std::string needs;  // what the nearest rule would need, as the refusal says it
  std::vector<std::string> reported;
  std::string max_duration;  // of the rule that lets it pass, as the file says it
};

Verdict judge(const TreeNode& policy, const Question& question);

}  // namespace ssmgate::naive
