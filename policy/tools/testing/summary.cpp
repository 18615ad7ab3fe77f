#include "tools/testing/summary.hpp"

namespace ssmgate::tools {

TestCounts count_results(const TestReport& report) noexcept {
  TestCounts counts;
  for (const TestedFile& file : report.files) {
    for (const CaseResult& result : file.results) {
      ++counts.cases;
      if (!result.faults.empty()) ++counts.failed;
    }
  }
  for (const UnexercisedRule& rule : report.unexercised) {
    ++(rule.denies ? counts.unexercised_deny : counts.unexercised_allow);
  }
  return counts;
}

bool has_failures(const TestReport& report) noexcept {
  const TestCounts counts = count_results(report);
  const bool loose = !report.unexercised.empty() || !report.warnings.empty();
  return counts.failed > 0 || (report.strict && loose);
}

std::string describe_finding(const Finding& finding) {
  std::string text(name(finding.decision));
  text.append(" (").append(name(finding.code)).append(")");
  if (!finding.rule.empty()) text.append(" by `").append(finding.rule).append("`");
  if (!finding.nearest.empty()) text.append(", nearest rule `").append(finding.nearest).append("`");
  if (finding.decision != Decision::allow && finding.effect == Effect::relay) {
    text.append(", but relayed");
  }
  return text;
}

std::string describe_unexercised(const UnexercisedRule& rule) {
  return std::string("no case exercised the ") + (rule.denies ? "deny" : "allow") + " rule `" +
         rule.id + "`; write one that it " + (rule.denies ? "refuses" : "allows");
}

std::string describe_place(const std::string& path, Position where) {
  return escape_invisible(path) + ':' + std::to_string(where.line) + ':' +
         std::to_string(where.column);
}

}  // namespace ssmgate::tools
