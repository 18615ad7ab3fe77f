// The commands of the program: one file each, each added to the parser by one function.
//
// A command's callback sets `exit_status`; what it prints for a program to read goes to standard
// output, everything for a person who made a mistake to standard error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace ssmgate::commands {

void add_serve_command(CLI::App& app, int& exit_status);
// The words behind `--`, which the parser never sees: it would take `[a,b]` for a list. Absent:
// there is no `--`.
using CommandWords = std::optional<std::vector<std::string>>;

void add_run_command(CLI::App& app, std::vector<std::string> command, int& exit_status);
void add_ca_command(CLI::App& app, int& exit_status);
void add_init_command(CLI::App& app, int& exit_status);
void add_env_command(CLI::App& app, int& exit_status);
void add_check_command(CLI::App& app, int& exit_status);
void add_diff_command(CLI::App& app, int& exit_status);
void add_eval_command(CLI::App& app, CommandWords words, int& exit_status);
void add_test_command(CLI::App& app, int& exit_status);
void add_import_iam_command(CLI::App& app, int& exit_status);
void add_export_iam_command(CLI::App& app, int& exit_status);
void add_sessions_command(CLI::App& app, int& exit_status);
void add_status_command(CLI::App& app, int& exit_status);
void add_reload_command(CLI::App& app, int& exit_status);

}  // namespace ssmgate::commands
