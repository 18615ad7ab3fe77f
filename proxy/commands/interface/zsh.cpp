// Completion for zsh, by its own _arguments.
#include <algorithm>

#include "commands/interface/tree.hpp"

namespace ssmgate::interface {
namespace {

using Value = Argument::Value;

// `text` inside single quotes, with what _arguments would read as its own escaped.
std::string plain(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\'') {
      escaped += "'\\''";
    } else if (c == '[' || c == ']' || c == ':' || c == '\\') {
      escaped += '\\';
      escaped += c;
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string function_of(const std::string& path) {
  std::string name = "_ssmgate" + std::string(path.empty() ? "" : "_") + path;
  std::ranges::replace(name, ' ', '_');
  return name;
}

std::string action_of(const Argument& argument) {
  switch (argument.value) {
    case Value::file: return "_files";
    case Value::session: return "_ssmgate_sessions";
    case Value::words: {
      std::string text;
      for (const auto& word : argument.hints) text += (text.empty() ? "" : " ") + word;
      return "(" + text + ")";
    }
    case Value::any:
    case Value::none: break;
  }
  return " ";
}

// What stands behind `--` is another command's line.
constexpr const char* kOtherLine = R"sh(  local -i dashes=${words[(ie)--]}
  if (( dashes < CURRENT )); then
    shift $dashes words
    (( CURRENT -= dashes ))
    _normal
    return
  fi
)sh";

std::string specs_of(const Command& command) {
  std::string text;
  int place = 0;
  for (const Argument& each : command.arguments) {
    const std::string value =
        each.value == Value::none ? "" : ":" + each.value_name + ":" + action_of(each);
    if (each.names.empty()) {
      text += " \\\n    '" + (each.repeats ? "*" : std::to_string(++place)) + value + "'";
    }
    for (const std::string& name : each.names) {
      // `--name VALUE` and `--name=VALUE`.
      const bool joins = each.value != Value::none && name.starts_with("--");
      text.append(" \\\n    '").append(each.repeats ? "*" : "").append(name);
      text.append(joins ? "=[" : "[").append(plain(each.description));
      text.append("]").append(value).append("'");
    }
  }
  return text;
}

std::string function_text(const std::vector<Command>& commands, const Command& command) {
  std::string text = function_of(command.path) + "() {\n";
  if (command.takes_command) text += kOtherLine;
  if (command.children.empty()) return text + "  _arguments -S :" + specs_of(command) + "\n}\n\n";
  text += "  local context state state_descr line\n  typeset -A opt_args\n  _arguments -C :" +
          specs_of(command) +
          " \\\n    '1:command:->command' \\\n    '*::argument:->arguments'\n  case $state in\n"
          "    command)\n      local -a commands=(\n";
  std::string branches;
  for (const std::string& child : command.children) {
    const std::string path = command.path.empty() ? child : command.path + " " + child;
    const Command* below = find_command(commands, path);
    text += "        '" + child + ":" + plain(below->description) + "'\n";
    branches += "        " + child + ") " + function_of(path) + " ;;\n";
  }
  return text +
         "      )\n      _describe -t commands 'ssmgate command' commands ;;\n    arguments)\n"
         "      case $line[1] in\n" +
         branches + "      esac ;;\n  esac\n}\n\n";
}

}  // namespace

std::string render_zsh(const std::vector<Command>& commands) {
  std::string text =
      "#compdef ssmgate\n# Completion of ssmgate for zsh. Made by `ssmgate completion zsh`.\n"
      "#   eval \"$(ssmgate completion zsh)\"      (after compinit)\n\n"
      "_ssmgate_sessions() {\n  local -a ids\n"
      "  ids=(${(f)\"$(ssmgate sessions --json 2>/dev/null |\n"
      "    grep -o '\"session_id\": *\"[^\"]*\"' | sed 's/.*\"\\([^\"]*\\)\"$/\\1/')\"})\n"
      "  compadd -a ids\n}\n\n";
  for (const Command& command : commands) text += function_text(commands, command);
  return text +
         "if [[ $funcstack[1] == _ssmgate ]]; then _ssmgate \"$@\"; else compdef _ssmgate ssmgate; "
         "fi\n";
}

}  // namespace ssmgate::interface
