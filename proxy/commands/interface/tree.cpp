#include "commands/interface/tree.hpp"

#include <algorithm>
#include <array>

#include "audit/record_view.hpp"

namespace ssmgate::interface {
namespace {

using Value = Argument::Value;

// The words of "TEXT:{a,b}"; empty: there are none.
std::vector<std::string> words_of(const std::string& type) {
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', std::min(open, type.size()));
  if (close == std::string::npos) return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

// What of the program's own names leads to files.
bool is_file(const std::string& type, const std::string& name) {
  constexpr std::array kFiles = {"FILE", "OLD", "NEW", "--policy", "--comments", "PATH"};
  return type.starts_with("FILE") || type.starts_with("PATH") || type == "FOLDER" ||
         std::ranges::find(kFiles, name) != kFiles.end();
}

// What `audit query` and its like search for, where that is one of few words; `--help` names them
// in prose.
std::vector<std::string> known_words(const std::string& name, const std::string& type) {
  std::vector<std::string> words;
  for (const audit::Field field : audit::fields()) {
    if (type == "FIELD") words.emplace_back(audit::name(field));
    if (name != "--" + std::string(audit::name(field))) continue;
    for (const std::string_view word : audit::words(field)) words.emplace_back(word);
  }
  return words;
}

Argument describe_option(const CLI::Option& option) {
  Argument argument;
  for (const auto& name : option.get_lnames()) argument.names.push_back("--" + name);
  for (const auto& name : option.get_snames()) argument.names.push_back("-" + name);
  argument.description = option.get_description();
  argument.required = option.get_required();
  if (option.get_items_expected_max() == 0) return argument;
  argument.repeats = option.get_items_expected_max() > 1;
  const std::string type = option.get_type_name();
  const std::string name = option.get_name(option.get_positional());
  argument.value_name = type.substr(0, type.find(':'));
  if (argument.names.empty()) argument.value_name = name;
  if (argument.value_name == "TEXT" && is_file(type, name)) argument.value_name = "FILE";
  argument.words = words_of(type);
  argument.hints = argument.words.empty() ? known_words(name, type) : argument.words;
  argument.value = Value::any;
  if (argument.value_name == "ID" || name == "--session") argument.value = Value::session;
  if (is_file(type, name)) argument.value = Value::file;
  if (!argument.hints.empty()) argument.value = Value::words;
  return argument;
}

void walk(const CLI::App& app, const std::string& path, std::vector<Command>& commands) {
  Command command;
  command.path = path;
  command.description = app.get_description();
  command.footer = app.get_footer();
  command.takes_command = path == "run" || path == "eval";
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) command.arguments.push_back(describe_option(*option));
  }
  const auto children = app.get_subcommands([](const CLI::App* child) {
    return !child->get_name().empty() && !child->get_group().empty();
  });
  for (const CLI::App* child : children) command.children.push_back(child->get_name());
  command.child_required = app.get_require_subcommand_min() > 0;
  commands.push_back(std::move(command));
  for (const CLI::App* child : children) {
    walk(*child, path.empty() ? child->get_name() : path + " " + child->get_name(), commands);
  }
}

}  // namespace

std::vector<Command> describe(const CLI::App& root) {
  std::vector<Command> commands;
  walk(root, "", commands);
  return commands;
}

std::string last_word(const std::string& path) {
  return path.substr(path.rfind(' ') + 1);
}

const Command* find_command(const std::vector<Command>& commands, const std::string& path) {
  const auto found = std::ranges::find(commands, path, &Command::path);
  return found == commands.end() ? nullptr : &*found;
}

}  // namespace ssmgate::interface
