// `ssmgate test`: runs policy-test files and says what is not as they expect.
//
// Owns: files, and which policy each test file means. Does not own: what a case is and how a report
// looks (ssmgate/tools/policy_test.hpp).
// Exit status: 0 as expected, 1 not, 2 when a file cannot be read or has errors.
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "commands/output.hpp"
#include "commands/policy_file.hpp"
#include "ssmgate/tools/policy_test.hpp"

namespace ssmgate::commands {
namespace {

namespace fs = std::filesystem;

constexpr int kNotAsExpected = 1;

struct TestOptions {
  std::vector<std::string> files;
  std::string format = "text";
  bool strict = false;
};

// A policy that test files share: loaded once, its coverage is over all of them.
struct TestedPolicy {
  std::string path;  // as the first test file names it
  std::shared_ptr<const Policy> policy;
  tools::Coverage coverage;
};

struct TestFile {
  std::string path;
  tools::PolicyTest test;
  TestedPolicy* policy = nullptr;
};

class Run {
 public:
  explicit Run(const TestOptions& options) : options_(options) {}

  int run() {
    for (const std::string& path : options_.files) load(path);
    if (unreadable_) return kUnreadable;
    const tools::TestReport report = judge();
    const std::string out = options_.format == "tap"     ? tools::render_test_tap(report)
                            : options_.format == "junit" ? tools::render_test_junit(report)
                                                         : tools::render_test_text(report);
    if (!write_output(out)) return kUnreadable;
    return tools::has_failures(report) ? kNotAsExpected : 0;
  }

 private:
  void load(const std::string& path) {
    const auto text = read_text_file(path, "name a policy-test file");
    if (!text) return fail();
    tools::LoadedPolicyTest loaded = tools::load_policy_test(*text);
    if (!loaded.test) say_other_kind(path, *text, FileKind::policy_test);
    print_diagnostics(path, loaded.diagnostics);
    if (!loaded.test) return fail();
    const std::string policy = (fs::path(path).parent_path() / loaded.test->policy).string();
    TestedPolicy* shared = open_shared(policy, path, loaded.test->policy_where);
    if (shared == nullptr) return fail();
    files_.push_back({path, std::move(*loaded.test), shared});
  }

  void fail() { unreadable_ = true; }

  TestedPolicy* open_shared(const std::string& path, const std::string& named_by, Position where) {
    std::error_code ignored;
    const std::string key = fs::weakly_canonical(path, ignored).string();
    const auto [found, fresh] = policies_.try_emplace(key.empty() ? path : key);
    if (fresh) {
      found->second.path = path;
      found->second.policy = open_policy(path);
      order_.push_back(&found->second);
    }
    if (found->second.policy != nullptr) return &found->second;
    print_diagnostics(named_by, {{Severity::error, where,
                                  "the policy " + in_backticks(path) + " cannot be used"}});
    return nullptr;
  }

  tools::TestReport judge() {
    tools::TestReport report;
    report.strict = options_.strict;
    const auto now = std::chrono::system_clock::now();
    for (const TestFile& file : files_) {
      const Policy& policy = *file.policy->policy;
      report.files.push_back({file.path, tools::run_policy_test(file.test, policy, now)});
      for (const tools::CaseResult& result : report.files.back().results) {
        file.policy->coverage.add(result.finding);
      }
      if (const auto warning = tools::find_clock_dependence(file.test, policy)) {
        report.warnings.push_back(render_diagnostic(escape_invisible(file.path), *warning));
      }
    }
    for (const TestedPolicy* policy : order_) {
      policy->coverage.append_unexercised(*policy->policy, policy->path, report.unexercised);
    }
    return report;
  }

  const TestOptions& options_;
  std::map<std::string, TestedPolicy> policies_;  // by canonical path; nodes do not move
  std::vector<const TestedPolicy*> order_;
  std::vector<TestFile> files_;
  bool unreadable_ = false;
};

}  // namespace

void add_test_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<TestOptions>();
  CLI::App* command = app.add_subcommand("test", "Run policy-test files");
  command->add_option("FILE", options->files, "policy-test files")->required();
  command->add_option("--format", options->format, "text, tap or junit; text if left out")
      ->check(CLI::IsMember({"text", "tap", "junit"}));
  command->add_flag("--strict", options->strict, "fail when a rule is not exercised");
  command->callback([options, &exit_status] { exit_status = Run(*options).run(); });
}

}  // namespace ssmgate::commands
