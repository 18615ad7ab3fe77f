// The policy language a second time, as plain loops over the file's tree: slow, and sharing nothing
// with `decide` but the tree and the decoded request.
#pragma once

#include <string>
#include <vector>

#include "ssmgate/rules/decide.hpp"
#include "ssmgate/text/tree.hpp"

namespace ssmgate::naive {

struct Verdict {
  std::string code;  // allowed, explicit-deny, no-rule
  bool relay = false;
  std::string rule;
  std::string nearest;
  std::vector<std::string> reported;
};

// For policies out of the generator of test_against_naive.cpp: no times but `until`, no hours.
Verdict judge(const TreeNode& policy, const Caller& caller, const Claims& claims,
              const StartSession& request);

}  // namespace ssmgate::naive
