// Completion for fish.
#include "commands/interface/tree.hpp"

namespace ssmgate::interface {
namespace {

using Value = Argument::Value;

std::string in_quotes(std::string_view text) {
  std::string escaped = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped + "'";
}

constexpr const char* kSessions =
    "function __ssmgate_sessions\n"
    "    ssmgate sessions --json 2>/dev/null | string match -ar '\"session_id\": *\"([^\"]*)\"' "
    "-g\n"
    "end\n\n";

// The command that the line has come to, and whether `--` stands behind it.
std::string path_function(const std::vector<Command>& commands) {
  std::string valued;
  std::string paths;
  for (const Command& command : commands) {
    if (!command.path.empty()) paths += " " + in_quotes(command.path);
    for (const Argument& each : command.arguments) {
      for (const auto& name : each.names) {
        if (each.value != Value::none) valued += " " + name;
      }
    }
  }
  return "function __ssmgate_path\n    set -l path ''\n    set -l skip 0\n"
         "    for token in (commandline -opc)[2..-1]\n"
         "        if test $skip = 1\n            set skip 0\n            continue\n        end\n"
         "        switch $token\n            case --\n                set path \"$path --\"\n"
         "                break\n            case" +
         valued +
         "\n                set skip 1\n            case '-*'\n            case '*'\n"
         "                set -l longer (string trim -- \"$path $token\")\n"
         "                if contains -- $longer" +
         paths +
         "\n                    set path $longer\n                end\n        end\n    end\n"
         "    echo $path\nend\n\n"
         "function __ssmgate_at\n    set -l path (__ssmgate_path)\n"
         "    test \"$path\" = \"$argv[1]\"\nend\n\n";
}

std::string value_of(const Argument& argument) {
  switch (argument.value) {
    case Value::none: return "";
    case Value::file: return " -r -F";
    case Value::session: return " -x -a '(__ssmgate_sessions)'";
    case Value::words: {
      std::string text;
      for (const auto& word : argument.hints) text += (text.empty() ? "" : " ") + word;
      return " -x -a " + in_quotes(text);
    }
    case Value::any: break;
  }
  return " -x";
}

std::string lines_of(const std::vector<Command>& commands, const Command& command) {
  const std::string at =
      "complete -c ssmgate -n " + in_quotes("__ssmgate_at " + in_quotes(command.path));
  std::string text;
  for (const std::string& child : command.children) {
    const Command* below =
        find_command(commands, command.path.empty() ? child : command.path + " " + child);
    text.append(at).append(" -a ").append(child).append(" -d ");
    text.append(in_quotes(below->description)).append("\n");
  }
  for (const Argument& each : command.arguments) {
    if (each.names.empty()) {
      const std::string value = value_of(each);
      text += each.value == Value::file  ? at + " -F\n"
              : each.value == Value::any ? ""
                                         : at + value + "\n";
      continue;
    }
    text += at;
    for (const std::string& name : each.names) {
      text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    text += value_of(each) + " -d " + in_quotes(each.description) + "\n";
  }
  if (command.takes_command) {
    text += "complete -c ssmgate -n " +
            in_quotes("__ssmgate_at " + in_quotes(command.path + " --")) +
            " -x -a '(__fish_complete_subcommand --fcs-skip=2)'\n";
  }
  return text;
}

}  // namespace

std::string render_fish(const std::vector<Command>& commands) {
  std::string text =
      "# Completion of ssmgate for fish. Made by `ssmgate completion fish`.\n"
      "#   ssmgate completion fish | source\n\n" +
      std::string(kSessions) + path_function(commands) + "complete -c ssmgate -f\n";
  for (const Command& command : commands) text += lines_of(commands, command);
  return text;
}

}  // namespace ssmgate::interface
