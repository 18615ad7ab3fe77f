// The operations beside StartSession as `operations.deny`, which knows names and nothing else.
#include <algorithm>

#include "names/ascii.hpp"
#include "request/operations.hpp"
#include "rules/glob_language.hpp"
#include "tools/iam/import.hpp"
#include "tools/iam/operation_list.hpp"

namespace ssmgate::tools::iam {
namespace {

using Operations = std::set<std::string_view>;

// True when the statement is about the operation wherever it is used.
bool is_unlimited(const Statement& statement) {
  return !statement.not_resource &&
         std::any_of(statement.resources.begin(), statement.resources.end(),
                     [](const Word& word) { return matches_all(word.text); });
}

std::string list_some(const Operations& operations) {
  constexpr std::size_t kShown = 5;
  std::string out;
  std::size_t shown = 0;
  for (const std::string_view operation : operations) {
    if (shown++ == kShown)
      return out + " and " + std::to_string(operations.size() - kShown) + " more";
    out.append(out.empty() ? "`" : ", `").append(operation).append("`");
  }
  return out;
}

class OperationImport {
 public:
  OperationImport(const PolicyDocument& policy, bool scp, Report& report)
      : policy_(policy), scp_(scp), report_(report) {}

  std::vector<std::string> run() {
    for (const Statement& statement : policy_.statements) {
      Operations covered;
      for (const std::string_view operation : known_operations()) {
        if (operation != "StartSession" && covers_operation(statement, operation)) {
          covered.insert(operation);
        }
      }
      if (covered.empty() && !covers_operation(statement, "StartSession")) continue;
      statement.allows ? read_allow(statement, std::move(covered))
                       : read_deny(statement, std::move(covered));
    }
    if (!scp_ && allows_nothing_of_ssm(policy_)) return {"*"};
    // A policy without any Allow leaves the granting to others.
    if (has_allow_ && !scp_) {
      for (const std::string_view operation : known_operations()) {
        if (operation != "StartSession" && !allowed_.contains(operation)) denied_.insert(operation);
      }
    }
    return compress_operations(denied_, true);
  }

 private:
  void read_allow(const Statement& statement, Operations covered) {
    has_allow_ = true;
    allowed_.insert(covered.begin(), covered.end());
    if (scp_) return;
    const bool own = covered.erase("TerminateSession") + covered.erase("ResumeSession") > 0;
    if (own && !is_unlimited(statement)) {
      report_.remark(statement,
                     "sessions of one's own: the gateway holds ResumeSession to them by "
                     "`sessions.resume: own`");
    }
    const bool limited = !is_unlimited(statement) || !statement.conditions.empty();
    if (covered.empty() || !limited) return;
    report_.lose(
        statement, statement.where,
        "allows " + list_some(covered) +
            " for some resources or under conditions: the gateway relays them as they are, "
            "so keep this statement in IAM");
  }

  void read_deny(const Statement& statement, Operations covered) {
    if (covered.empty()) return;
    if (!is_unlimited(statement)) {
      report_.lose(statement, statement.where,
                   "denies " + list_some(covered) +
                       " for some resources: the gateway judges other operations by name alone and "
                       "relays them, so keep this statement in IAM");
      return;
    }
    if (read_conditions(statement, policy_.variables).named_negatively) {
      report_.lose(statement, statement.where,
                   "denies " + list_some(covered) +
                       " but for some regions, accounts or addresses: the gateway judges other "
                       "operations by name alone and relays them, so keep this statement in IAM");
      return;
    }
    denied_.insert(covered.begin(), covered.end());
    if (statement.conditions.empty()) return;
    report_.lose(statement, statement.where,
                 "denies " + list_some(covered) +
                     " under conditions: `operations` has none, so they "
                     "are always denied here");
  }

  const PolicyDocument& policy_;
  bool scp_;
  Report& report_;
  Operations allowed_, denied_;
  bool has_allow_ = false;
};

}  // namespace

bool allows_nothing_of_ssm(const PolicyDocument& policy) {
  bool any = false;
  for (const Statement& statement : policy.statements) {
    if (!statement.allows) continue;
    any = true;
    // An operation may be newer than this program.
    if (std::any_of(statement.actions.begin(), statement.actions.end(), [](const Word& action) {
          return ascii::to_lower(action.text).starts_with("ssm:");
        })) {
      return false;
    }
    const auto operations = known_operations();
    if (std::any_of(operations.begin(), operations.end(), [&](std::string_view operation) {
          return covers_operation(statement, operation);
        })) {
      return false;
    }
  }
  return any;
}

std::vector<std::string> import_operations(const PolicyDocument& policy, bool scp, Report& report) {
  return OperationImport(policy, scp, report).run();
}

}  // namespace ssmgate::tools::iam
