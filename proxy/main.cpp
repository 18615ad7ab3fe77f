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
#include "ssmgate/text/fields.hpp"

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

// The word that stands where `app` wants one of its commands, and is none; empty: there is none.
std::string_view find_strange_word(const CLI::App& app, int argc, char** argv, int place) {
  if (argc <= place || argv[place][0] == '-' || argv[place][0] == '\0') return {};
  return app.get_subcommands().empty() && app.get_require_subcommand_min() > 0 ? argv[place] : "";
}

std::string no_such_command(const CLI::App& app, std::string_view word) {
  std::vector<std::string_view> names;
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(each->get_name());
  }
  std::string text = "no command " + ssmgate::in_backticks(word);
  const std::string_view nearest = ssmgate::find_nearest_word(word, names);
  if (!nearest.empty()) return text + "; did you mean `" + std::string(nearest) + "`?";
  if (app.get_parent() == nullptr) return text;
  text += " of `" + app.get_name() + "`; it has";
  for (const std::string_view name : names) {
    text += (name == names.front() ? " `" : ", `") + std::string(name) + "`";
  }
  return text;
}

// What is wrong with the command line, in the words of this program instead of the parser's. Empty:
// nothing, as far as these words go.
std::string wrong_command(const CLI::App& app, int argc, char** argv) {
  if (const auto word = find_strange_word(app, argc, argv, 1); !word.empty()) {
    return no_such_command(app, word);
  }
  const auto parsed = app.get_subcommands();
  if (parsed.empty()) return {};
  const auto word = find_strange_word(*parsed.front(), argc, argv, 2);
  return word.empty() ? "" : no_such_command(*parsed.front(), word);
}

std::string usage_fault(const CLI::ParseError& error) {
  std::string text = error.what();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    text = "unexpected argument" + text.substr(std::min(text.find(": "), text.size()));
  } else if (text == "A subcommand is required") {
    text = "a command is missing";
  } else if (text == "ID is required") {
    text = "the session's ID is missing; `ssmgate sessions` lists them";
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
    std::string fault = wrong_command(app, argc, argv);
    // --help and --version are no errors.
    if (error.get_exit_code() == 0 && fault.empty()) return finish_output(app.exit(error), 2);
    if (fault.empty()) fault = usage_fault(error);
    const auto parsed = app.get_subcommands();
    const std::string help = parsed.empty() ? "" : parsed.front()->get_name() + " ";
    const std::string see = fault.ends_with('?') ? "" : "; see `ssmgate " + help + "--help`";
    std::fprintf(stderr, "ssmgate: %s%s\n", fault.c_str(), see.c_str());
    // `eval "$(ssmgate env …)"` has no other way to see it.
    if (app.got_subcommand("env")) std::puts("false");
    return usage_status(app);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ssmgate: %s\n", error.what());
    return usage_status(app);
  }
  return finish_output(exit_status, usage_status(app));
}
