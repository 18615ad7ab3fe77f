// Arguments → command. Nothing includes this file, and it decides nothing itself.
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/command.hpp"

namespace {

// docs/policy.md: a wrong usage of `eval` must not look like a decision (0, 1, 2); one of `run` not
// like the exit status of the command.
int usage_status(const CLI::App& app) {
  if (app.got_subcommand("eval")) return 3;
  return app.got_subcommand("run") ? 125 : 2;
}

// `ssmgate run OPTIONS -- COMMAND`: takes `-- COMMAND` off the arguments.
std::vector<std::string> cut_command(int& argc, char** argv) {
  if (argc < 2 || std::string_view(argv[1]) != "run") return {};
  char** const end = argv + argc;
  char** const dashes = std::find(argv, end, std::string_view("--"));
  argc = static_cast<int>(dashes - argv);
  return dashes == end ? std::vector<std::string>() : std::vector<std::string>(dashes + 1, end);
}

}  // namespace

int main(int argc, char** argv) {
  namespace commands = ssmgate::commands;
  std::vector<std::string> command = cut_command(argc, argv);
  CLI::App app("ssmgate: a gateway that makes AWS Systems Manager sessions safe to hand out",
               "ssmgate");
  app.set_version_flag("--version", "ssmgate " SSMGATE_VERSION);
  app.require_subcommand(1);
  int exit_status = 0;
  commands::add_serve_command(app, exit_status);
  commands::add_run_command(app, std::move(command), exit_status);
  commands::add_env_command(app, exit_status);
  commands::add_init_command(app, exit_status);
  commands::add_ca_command(app, exit_status);
  commands::add_check_command(app, exit_status);
  commands::add_eval_command(app, exit_status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version are no errors.
    if (error.get_exit_code() == 0) return app.exit(error);
    const auto parsed = app.get_subcommands();
    const std::string help = parsed.empty() ? "" : parsed.front()->get_name() + " ";
    std::fprintf(stderr, "ssmgate: %s; see `ssmgate %s--help`\n", error.what(), help.c_str());
    return usage_status(app);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ssmgate: %s\n", error.what());
    return usage_status(app);
  }
  return exit_status;
}
