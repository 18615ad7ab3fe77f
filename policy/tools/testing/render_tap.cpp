// A test report as TAP version 13, with YAML diagnostics under each point that failed.
// SOURCE: testanything.org, the specification of version 13.
#include "tools/render.hpp"
#include "tools/testing/summary.hpp"

namespace ssmgate::tools {
namespace {

// A `#` begins a directive and a backslash an escape; a line end would begin another line.
std::string describe(std::string_view text) {
  std::string out;
  for (const char c : escape_invisible(text)) {
    if (c == '#' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

void append_member(std::string& out, std::string_view key, std::string_view text) {
  out.append("  ").append(key).append(": ");
  append_json_string(out, text);
  out += '\n';
}

void append_place(std::string& out, std::string_view file, Position where) {
  append_member(out, "file", escape_invisible(file));
  out += "  line: " + std::to_string(where.line) + '\n';
  out += "  column: " + std::to_string(where.column) + '\n';
}

class Tap {
 public:
  explicit Tap(std::size_t points) { out_ = "TAP version 13\n1.." + std::to_string(points) + '\n'; }

  void add(const TestedFile& file, const CaseResult& result) {
    point(result.faults.empty(), describe(file.path) + ": " + describe(result.tested->name));
    if (result.faults.empty()) return;
    out_ += "  ---\n";
    std::string message;
    for (const std::string& fault : result.faults) {
      message += (message.empty() ? "" : "; ") + fault;
    }
    append_member(out_, "message", message);
    out_ += "  severity: fail\n";
    append_place(out_, file.path, result.tested->where);
    out_ += "  got: ";
    render_finding_json(result.finding, out_);
    out_ += "\n  ...\n";
  }

  void add_strict(const UnexercisedRule& rule) {
    point(false, describe(rule.policy) + ": rule " + describe(rule.id) + " is exercised");
    out_ += "  ---\n";
    append_member(out_, "message", describe_unexercised(rule));
    out_ += "  severity: fail\n";
    append_place(out_, rule.policy, rule.where);
    out_ += "  ...\n";
  }

  void add_strict(const std::string& warning) { point(false, describe(warning)); }

  void comment(const std::string& text) { out_ += "# " + text + '\n'; }

  std::string take() { return std::move(out_); }

 private:
  void point(bool good, const std::string& description) {
    out_ += (good ? "ok " : "not ok ") + std::to_string(++number_) + " - " + description + '\n';
  }

  std::string out_;
  std::size_t number_ = 0;
};

}  // namespace

std::string render_test_tap(const TestReport& report) {
  const std::size_t extra = report.strict ? report.unexercised.size() + report.warnings.size() : 0;
  Tap tap(count_results(report).cases + extra);
  for (const TestedFile& file : report.files) {
    for (const CaseResult& result : file.results) tap.add(file, result);
  }
  for (const std::string& warning : report.warnings) {
    report.strict ? tap.add_strict(warning) : tap.comment(warning);
  }
  for (const UnexercisedRule& rule : report.unexercised) {
    if (report.strict) {
      tap.add_strict(rule);
    } else {
      tap.comment(describe_place(rule.policy, rule.where) +
                  ": warning: " + describe_unexercised(rule));
    }
  }
  return tap.take();
}

}  // namespace ssmgate::tools
