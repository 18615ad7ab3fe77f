#include <set>

#include "names/ascii.hpp"
#include "request/operations.hpp"
#include "ssmgate/names/glob.hpp"
#include "tools/iam/arn.hpp"
#include "tools/iam/export.hpp"
#include "tools/iam/operation_list.hpp"

namespace ssmgate::tools::iam {
namespace {

using Operations = std::set<std::string_view>;

// True when IAM, which ignores case, reads the glob as ssmgate does, and StartSession, which
// `operations` never reaches, is not in it. `matched`: what it denies.
bool reads_alike(const std::string& glob, Operations& matched) {
  bool alike = true;
  for (const std::string_view operation : known_operations()) {
    const bool here = glob_matches(glob, operation);
    const bool there = glob_matches(ascii::to_lower(glob), ascii::to_lower(operation));
    const bool session = operation == "StartSession";
    alike = alike && here == there && !(there && session);
    if (here && !session) matched.insert(operation);
  }
  return alike;
}

}  // namespace

std::vector<std::string> denied_actions(const Globs& globs) {
  std::set<std::string> actions;
  for (const std::string& glob : globs) {
    Operations matched;
    if (reads_alike(glob, matched)) {
      actions.insert("ssm:" + glob);
    } else if (matches_all(glob)) {
      for (const std::string& verb : compress_operations(matched, false)) {
        actions.insert("ssm:" + verb);
      }
    } else {
      for (const std::string_view name : matched) actions.insert("ssm:" + std::string(name));
    }
  }
  return {actions.begin(), actions.end()};
}

}  // namespace ssmgate::tools::iam
