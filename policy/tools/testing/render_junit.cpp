// A test report as JUnit's XML: what CI systems read. One suite a test file, one for the rules.
// SOURCE: XML 1.0 §2.2 for the characters; the attributes are those of Ant's JUnit report that
// Jenkins, GitLab and GitHub's readers agree on.
#include "tools/testing/summary.hpp"

namespace ssmgate::tools {
namespace {

// The two characters that are visible to a terminal, and that XML cannot hold all the same.
constexpr std::string_view kFffe = "\xEF\xBF\xBE";
constexpr std::string_view kFfff = "\xEF\xBF\xBF";

// Text or a value of an attribute. What XML cannot hold, escaped or not, is written as \uNNNN.
std::string xml(std::string_view text) {
  std::string out;
  const std::string shown = escape_invisible(text);
  for (std::size_t at = 0; at < shown.size(); ++at) {
    const char c = shown[at];
    const std::string_view three = std::string_view(shown).substr(at, kFffe.size());
    if (three == kFffe || three == kFfff) {
      out += three == kFffe ? "\\ufffe" : "\\uffff";
      at += kFffe.size() - 1;
      continue;
    }
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + xml(value) + '"';
}

std::string counts(std::size_t tests, std::size_t failures) {
  return attribute("tests", std::to_string(tests)) +
         attribute("failures", std::to_string(failures)) + attribute("errors", "0") +
         attribute("skipped", "0");
}

std::string place(const std::string& path, Position where) {
  return attribute("file", path) + attribute("line", std::to_string(where.line));
}

void append_case(const TestedFile& file, const CaseResult& result, std::string& out) {
  out += "    <testcase" + attribute("classname", file.path) +
         attribute("name", result.tested->name) + place(file.path, result.tested->where);
  if (result.faults.empty()) {
    out += "/>\n";
    return;
  }
  out += ">\n      <failure" + attribute("type", "unexpected") +
         attribute("message", result.faults.front()) + '>' +
         xml(describe_place(file.path, result.tested->where)) + '\n';
  for (const std::string& fault : result.faults) out += xml(fault) + '\n';
  out += xml("judged: " + describe_finding(result.finding)) + '\n';
  out += xml("message: " + result.finding.message) + "</failure>\n    </testcase>\n";
}

void append_file(const TestedFile& file, std::string& out) {
  std::size_t failed = 0;
  for (const CaseResult& result : file.results) failed += result.faults.empty() ? 0U : 1U;
  out +=
      "  <testsuite" + attribute("name", file.path) + counts(file.results.size(), failed) + ">\n";
  for (const CaseResult& result : file.results) append_case(file, result, out);
  out += "  </testsuite>\n";
}

// Under --strict a rule that no case reached, and a warning, is a case that failed; else it is
// output of a suite without cases.
void append_loose_ends(const TestReport& report, std::string& out) {
  const std::size_t total = report.unexercised.size() + report.warnings.size();
  if (total == 0) return;
  const std::size_t failures = report.strict ? total : 0;
  out += "  <testsuite" + attribute("name", "coverage") + counts(failures, failures) + ">\n";
  std::string lines;
  const auto add = [&](const std::string& name, const std::string& text) {
    lines += xml(text) + '\n';
    if (!report.strict) return;
    out += "    <testcase" + attribute("classname", "coverage") + attribute("name", name) +
           ">\n      <failure" + attribute("type", "coverage") + attribute("message", text) +
           "/>\n    </testcase>\n";
  };
  for (const std::string& warning : report.warnings) add(warning, warning);
  for (const UnexercisedRule& rule : report.unexercised) {
    add(rule.policy + ": rule " + rule.id + " is exercised",
        describe_place(rule.policy, rule.where) + ": warning: " + describe_unexercised(rule));
  }
  out += "    <system-err>" + lines + "</system-err>\n  </testsuite>\n";
}

}  // namespace

std::string render_test_junit(const TestReport& report) {
  const TestCounts counted = count_results(report);
  const std::size_t extra = report.strict ? report.unexercised.size() + report.warnings.size() : 0;
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" +
                    attribute("name", "ssmgate test") +
                    counts(counted.cases + extra, counted.failed + extra) + ">\n";
  for (const TestedFile& file : report.files) append_file(file, out);
  append_loose_ends(report, out);
  return out + "</testsuites>\n";
}

}  // namespace ssmgate::tools
