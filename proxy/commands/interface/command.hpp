// `ssmgate completion` and `ssmgate man` as main knows them. They speak of `app` as it is when they
// run: of every command, themselves included.
#pragma once

#include <CLI/CLI.hpp>

namespace ssmgate::commands {

void add_completion_command(CLI::App& app, int& exit_status);
void add_man_command(CLI::App& app, int& exit_status);

}  // namespace ssmgate::commands
