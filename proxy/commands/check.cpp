// `ssmgate check`: loads policy files and says what is wrong, and what is hardly meant so.
//
// Exit status: 0 without errors, 1 for warnings under --strict, 2 for errors.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "commands/output.hpp"
#include "commands/policy_file.hpp"
#include "ssmgate/tools/lint.hpp"
#include "ssmgate/tools/render_yaml.hpp"

namespace ssmgate::commands {
namespace {

constexpr int kWarnings = 1;
constexpr int kErrors = 2;

struct CheckOptions {
  std::vector<std::string> files;
  bool strict = false;
  bool print = false;
};

// 0 clean, kWarnings or kErrors.
int check_file(const std::string& path) {
  const auto text = read_policy_file(path);
  if (!text) return kErrors;
  LoadedPolicy loaded = load_policy(*text);
  if (loaded.policy) {
    Diagnostics found = tools::lint(*text, *loaded.policy, std::chrono::system_clock::now());
    loaded.diagnostics.insert(loaded.diagnostics.end(), found.begin(), found.end());
    sort_diagnostics(loaded.diagnostics);
  } else {
    say_other_kind(path, *text, FileKind::policy);
  }
  print_diagnostics(path, loaded.diagnostics);
  if (has_errors(loaded.diagnostics)) return kErrors;
  return loaded.diagnostics.empty() ? 0 : kWarnings;
}

// The policy in one style on standard output.
int print_policy(const std::string& path) {
  const auto text = read_policy_file(path);
  Diagnostics faults;
  const auto tree = text ? parse_tree(*text, faults) : std::nullopt;
  if (!tree || has_errors(faults)) return kErrors;  // it was told by check_file
  return write_output(tools::render_yaml(*tree)) ? 0 : kErrors;
}

int check(const CheckOptions& options) {
  if (options.print && options.files.size() != 1) {
    std::fprintf(stderr, "ssmgate: `--print` takes one policy file; name one\n");
    return kErrors;
  }
  int worst = 0;
  for (const std::string& path : options.files) worst = std::max(worst, check_file(path));
  if (options.print && worst != kErrors) worst = std::max(worst, print_policy(options.files[0]));
  return worst == kWarnings && !options.strict ? 0 : worst;
}

}  // namespace

void add_check_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand("check", "Look for mistakes in policy files");
  command->add_option("FILE", options->files, "policy files")->required();
  command->add_flag("--strict", options->strict, "exit with 1 when there are warnings");
  command->add_flag("--print", options->print,
                    "print the policy in one style, without its comments");
  command->callback([options, &exit_status] { exit_status = check(*options); });
}

}  // namespace ssmgate::commands
