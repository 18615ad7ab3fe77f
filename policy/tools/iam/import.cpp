#include "tools/iam/import.hpp"

#include <algorithm>

#include "ssmgate/text/fields.hpp"
#include "ssmgate/text/tree.hpp"
#include "ssmgate/tools/iam.hpp"

namespace ssmgate::tools {
namespace iam {

void Report::warn(const Statement& statement, Position where, const std::string& text) {
  report_warning(diagnostics_, where, statement_name(statement) + ": " + text);
  remark(statement, text);
}

Diagnostics Report::take_diagnostics() {
  sort_diagnostics(diagnostics_);
  return std::move(diagnostics_);
}

namespace {

void warn_of_denies_alone(const PolicyDocument& policy, Report& report) {
  const auto& statements = policy.statements;
  if (statements.empty() || std::any_of(statements.begin(), statements.end(),
                                        [](const auto& one) { return one.allows; })) {
    return;
  }
  report.warn(statements.front(), statements.front().where,
              "the policy only denies, so the rules allow nothing; import the policies that allow"
              " as well, or write rules under `allow`");
}

void warn_of_nothing_allowed(const PolicyDocument& policy, Report& report) {
  if (!allows_nothing_of_ssm(policy)) return;
  const auto& statements = policy.statements;
  const auto first = std::find_if(statements.begin(), statements.end(),
                                  [](const Statement& statement) { return statement.allows; });
  report.warn(*first, first->where,
              "the policy allows nothing of Systems Manager, so the rules allow nothing, and "
              "`operations` denies everything; import the policy that allows sessions");
}

}  // namespace
}  // namespace iam

IamImport import_iam(std::string_view text, bool scp) {
  IamImport out;
  const auto policy = iam::read_policy_document(text, out.diagnostics);
  if (!policy) {
    sort_diagnostics(out.diagnostics);
    return out;
  }
  scp = scp || policy->scp;
  iam::Report report;
  iam::ImportedRules rules;
  iam::RuleIds ids;
  iam::warn_of_denies_alone(*policy, report);
  if (!scp) iam::warn_of_nothing_allowed(*policy, report);
  iam::import_allows(*policy, scp, ids, report, rules);
  iam::import_denies(*policy, ids, report, rules);
  const auto operations = iam::import_operations(*policy, scp, report);
  std::string yaml = iam::render_imported(*policy, rules, operations, report);
  out.diagnostics = report.take_diagnostics();
  if (yaml.size() > kMaxFileSize) {
    report_error(out.diagnostics, {},
                 "the policy makes a file larger than 4 MiB; import its statements one by one");
    return out;
  }
  out.lossy = report.lossy();
  out.yaml = std::move(yaml);
  return out;
}

}  // namespace ssmgate::tools
