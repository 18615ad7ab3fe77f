// A test report for a person: only what is not as it should be, and a line that sums it up.
#include "tools/testing/summary.hpp"

namespace ssmgate::tools {
namespace {

std::string plural(std::size_t count, std::string_view thing) {
  return std::to_string(count) + ' ' + std::string(thing) + (count == 1 ? "" : "s");
}

void append_failure(const TestedFile& file, const CaseResult& result, std::string& out) {
  out += describe_place(file.path, result.tested->where) + ": error: case " +
         in_backticks(result.tested->name) + " is not as expected\n";
  for (const std::string& fault : result.faults) out += "    " + fault + '\n';
  out += "    judged: " + describe_finding(result.finding) + '\n';
  if (!result.finding.message.empty()) out += "    message: " + result.finding.message + '\n';
}

}  // namespace

std::string render_test_text(const TestReport& report) {
  std::string out;
  for (const TestedFile& file : report.files) {
    for (const CaseResult& result : file.results) {
      if (!result.faults.empty()) append_failure(file, result, out);
    }
  }
  for (const std::string& warning : report.warnings) out += warning + '\n';
  for (const UnexercisedRule& rule : report.unexercised) {
    out += describe_place(rule.policy, rule.where) + (report.strict ? ": error: " : ": warning: ") +
           describe_unexercised(rule) + '\n';
  }
  const TestCounts counts = count_results(report);
  out += plural(counts.cases, "case") + " in " + plural(report.files.size(), "file") + ": " +
         std::to_string(counts.cases - counts.failed) + " as expected, " +
         std::to_string(counts.failed) + " not\n";
  out += "rules that no case exercised: " + std::to_string(counts.unexercised_allow) + " allow, " +
         std::to_string(counts.unexercised_deny) + " deny\n";
  return out;
}

}  // namespace ssmgate::tools
