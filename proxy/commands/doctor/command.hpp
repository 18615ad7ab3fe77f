// `ssmgate doctor` as main knows it.
#pragma once

#include <CLI/CLI.hpp>

namespace ssmgate::commands {

void add_doctor_command(CLI::App& app, int& exit_status);

}  // namespace ssmgate::commands
