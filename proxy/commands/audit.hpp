// What the subcommands of `ssmgate audit` share: which log, which records, and where trouble goes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "audit/filter.hpp"
#include "audit/line_reader.hpp"
#include "commands/settings.hpp"

namespace ssmgate::commands {

// docs/audit.md, "Reading it".
inline constexpr int kAuditDamaged = 1;
inline constexpr int kAuditUnreadable = 2;

void add_audit_command(CLI::App& app, int& exit_status);
void add_audit_tail(CLI::App& audit, int& exit_status);
void add_audit_query(CLI::App& audit, int& exit_status);
void add_audit_verify(CLI::App& audit, int& exit_status);
void add_audit_suggest(CLI::App& audit, int& exit_status);

// ---- which log

struct LogOptions {
  std::optional<std::filesystem::path> config;
  std::vector<std::string> files;
  bool config_beside_file = false;  // it is of use for more than to find the log
};
void add_log_options(CLI::App& command, LogOptions& options);

// The files of one chain, the oldest first.
using LogFiles = std::vector<std::string>;
struct FoundLogs {
  std::vector<LogFiles> logs;                   // at least one; of several each has all records
  std::optional<config::FoundConfig> settings;  // absent: the log was named
};
// The files that were named, or those that the configuration's sinks write. Nothing: standard error
// says why.
[[nodiscard]] std::optional<FoundLogs> find_logs(const LogOptions& options);

// The file, open for reading; `-` is standard input. Negative: standard error says why.
[[nodiscard]] int open_log(const std::string& file);
[[nodiscard]] std::string shown_log(const std::string& file);
int fail_to_read(const std::string& file, int error);

// Every line of every file. False: standard error says why.
using TakeLine = std::function<bool(std::size_t file, const audit::Line& line)>;
[[nodiscard]] bool read_log(const LogFiles& files, const TakeLine& take);

// ---- which records

class FilterOptions {
 public:
  void add_to(CLI::App& command);
  // Nothing: standard error says why.
  [[nodiscard]] std::optional<audit::Filter> make() const;

 private:
  std::string since_, until_;
  struct Chosen {
    std::vector<audit::Field> fields;
    std::vector<std::string> globs;
  };
  std::vector<std::unique_ptr<Chosen>> chosen_;
};

// Lines that are no record, until standard error has heard of them.
class DamagedLines {
 public:
  void add(const std::string& file, std::uint64_t line);
  // The exit status for it: `good` when there were none.
  [[nodiscard]] int report(int good) const;

 private:
  std::string file_;
  std::uint64_t line_ = 0;
  std::uint64_t count_ = 0;
};

// ---- how it is shown

// Standard output is a terminal.
[[nodiscard]] bool shows_on_terminal();
// A terminal, and nobody asked for it without (https://no-color.org).
[[nodiscard]] bool wants_colour();
// Of the terminal; 0: there is none.
[[nodiscard]] std::size_t terminal_width();

// Gathers what goes to standard output, so that a million lines are not a million writes.
class Output {
 public:
  std::string& text() noexcept { return text_; }
  // Passes on what is much. False: it cannot be written, and main says so.
  [[nodiscard]] bool settle();
  [[nodiscard]] bool flush();

 private:
  std::string text_;
};

}  // namespace ssmgate::commands
