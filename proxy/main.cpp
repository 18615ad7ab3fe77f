// Arguments → command. Nothing includes this file, and it decides nothing itself.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/audit.hpp"
#include "commands/command.hpp"
#include "commands/doctor/command.hpp"
#include "commands/interface/command.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace {

// docs/policy.md: a wrong usage of `eval` must not look like a decision (0, 1, 2), one of `doctor`
// not like what it found; one of `run` not like the exit status of the command.
int usage_status(const CLI::App& app) {
  if (app.got_subcommand("eval") || app.got_subcommand("doctor")) return 3;
  return app.got_subcommand("run") ? 125 : 2;
}

// `ssmgate run|eval OPTIONS -- COMMAND`: takes `-- COMMAND` off the arguments.
ssmgate::commands::CommandWords cut_command(int& argc, char** argv) {
  if (argc < 2) return std::nullopt;
  const std::string_view name = argv[1];
  if (name != "run" && name != "eval") return std::nullopt;
  char** const end = argv + argc;
  char** const dashes = std::find(argv, end, std::string_view("--"));
  argc = static_cast<int>(dashes - argv);
  if (dashes == end) return std::nullopt;
  return std::vector<std::string>(dashes + 1, end);
}

// A standard stream that came closed would be the next file opened: the operator's log would go
// into the audit file.
bool open_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is the one that is missing.
    if (::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd) return false;
  }
  return true;
}

// What a command printed is out, or the exit status says that it is not.
int finish_output(int exit_status, int trouble) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_status;
  std::fprintf(stderr, "ssmgate: cannot write to standard output: %s\n", std::strerror(errno));
  return exit_status == 0 ? trouble : exit_status;
}

// What is wrong with the command line, in the words of this program instead of the parser's.
std::string usage_fault(const CLI::ParseError& error, const CLI::App& app, std::string_view first) {
  if (app.get_subcommands().empty() && !first.empty() && first.front() != '-') {
    return "no command " + ssmgate::in_backticks(first);
  }
  std::string text = error.what();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    text = "unexpected argument" + text.substr(std::min(text.find(": "), text.size()));
  } else if (text == "A subcommand is required") {
    text = "a command is missing";
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  namespace commands = ssmgate::commands;
  if (!open_standard_streams()) return 2;
  const commands::CommandWords words = cut_command(argc, argv);
  CLI::App app("ssmgate: a gateway that makes AWS Systems Manager sessions safe to hand out",
               "ssmgate");
  app.set_version_flag("--version", "ssmgate " SSMGATE_VERSION);
  app.require_subcommand(1);
  int exit_status = 0;
  commands::add_serve_command(app, exit_status);
  commands::add_run_command(app, words.value_or(std::vector<std::string>()), exit_status);
  commands::add_env_command(app, exit_status);
  commands::add_init_command(app, exit_status);
  commands::add_ca_command(app, exit_status);
  commands::add_audit_command(app, exit_status);
  commands::add_doctor_command(app, exit_status);
  commands::add_check_command(app, exit_status);
  commands::add_diff_command(app, exit_status);
  commands::add_eval_command(app, words, exit_status);
  commands::add_test_command(app, exit_status);
  commands::add_import_iam_command(app, exit_status);
  commands::add_export_iam_command(app, exit_status);
  commands::add_sessions_command(app, exit_status);
  commands::add_status_command(app, exit_status);
  commands::add_reload_command(app, exit_status);
  commands::add_completion_command(app, exit_status);
  commands::add_man_command(app, exit_status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version are no errors.
    if (error.get_exit_code() == 0) return finish_output(app.exit(error), 2);
    const auto parsed = app.get_subcommands();
    const std::string help = parsed.empty() ? "" : parsed.front()->get_name() + " ";
    std::fprintf(stderr, "ssmgate: %s; see `ssmgate %s--help`\n",
                 usage_fault(error, app, argc > 1 ? argv[1] : "").c_str(), help.c_str());
    // `eval "$(ssmgate env …)"` has no other way to see it.
    if (app.got_subcommand("env")) std::puts("false");
    return usage_status(app);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ssmgate: %s\n", error.what());
    return usage_status(app);
  }
  return finish_output(exit_status, usage_status(app));
}
