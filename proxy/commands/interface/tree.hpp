// The command line as it is: what completions and manual pages are made of, so that neither can
// say anything else than `--help`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace ssmgate::interface {

struct Argument {
  enum class Value : std::uint8_t { none, any, file, words, session };
  std::vector<std::string> names;  // "--config", "-h"; empty: an operand
  std::string value_name;          // "FILE"; of none: empty
  std::string description;
  Value value = Value::none;
  std::vector<std::string> words;  // all that it may be; empty: anything
  std::vector<std::string> hints;  // of `words`: what completion offers, these or what is usual
  bool repeats = false;
  bool required = false;
};

struct Command {
  std::string path;  // "ca show"; empty: the program itself
  std::string description;
  std::string footer;
  std::vector<Argument> arguments;
  std::vector<std::string> children;  // their last words
  bool child_required = false;
  bool takes_command = false;  // behind `--`
};

// `root` and every command below it, each before its children, in the order of `--help`.
[[nodiscard]] std::vector<Command> describe(const CLI::App& root);

// Scripts for completion: `source` them, or put them where the shell looks.
[[nodiscard]] std::string render_bash(const std::vector<Command>& commands);
[[nodiscard]] std::string render_zsh(const std::vector<Command>& commands);
[[nodiscard]] std::string render_fish(const std::vector<Command>& commands);

// The manual page of the program (`group` empty) or of a command with all below it, in mdoc(7).
[[nodiscard]] std::string render_man(const std::vector<Command>& commands,
                                     const std::string& group);

// The last word of a path, and the command at one; null: there is none.
[[nodiscard]] std::string last_word(const std::string& path);
[[nodiscard]] const Command* find_command(const std::vector<Command>& commands,
                                          const std::string& path);

}  // namespace ssmgate::interface
