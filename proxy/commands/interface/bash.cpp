// Completion for bash, which needs nothing but bash.
#include "commands/interface/tree.hpp"

namespace ssmgate::interface {
namespace {

using Value = Argument::Value;

constexpr const char* kHead =
    R"sh(# Completion of ssmgate for bash. Made by `ssmgate completion bash`.
#   eval "$(ssmgate completion bash)"
_ssmgate() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  # `--name=value` comes in three words.
  if [[ $current == = ]]; then current=; elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi
  local path='' word index skip=no
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    if [[ $skip == yes ]]; then skip=no; continue; fi
    case $word in
)sh";

constexpr const char* kBehindDashes = R"sh(      --)
        case $path in run | eval)
          if ((COMP_CWORD == index + 1)); then
            mapfile -t COMPREPLY < <(compgen -c -- "$current")
          elif declare -F _command_offset >/dev/null; then
            _command_offset $((index + 1))
          else
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
          fi
        esac
        return ;;
)sh";

constexpr const char* kWalk = R"sh(      -* | =) ;;
      *)
        case ${path:+$path }$word in
)sh";

constexpr const char* kTail = R"sh(  esac
  case $values in
    files)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    sessions)
      mapfile -t COMPREPLY < <(compgen -W "$(ssmgate sessions --json 2>/dev/null |
        grep -o '"session_id": *"[^"]*"' | sed 's/.*"\([^"]*\)"$/\1/')" -- "$current") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current") ;;
  esac
}
complete -F _ssmgate ssmgate
)sh";

std::string values_of(const Argument& argument) {
  switch (argument.value) {
    case Value::file: return "files";
    case Value::session: return "sessions";
    case Value::words: {
      std::string text;
      for (const auto& word : argument.hints) text += (text.empty() ? "" : " ") + word;
      return text;
    }
    case Value::any:
    case Value::none: break;
  }
  return "";
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

// "'ca show'", "''".
std::string quoted(const std::string& path) {
  return "'" + path + "'";
}

// Options that have a value, and what it may be; then what may stand by itself.
std::string cases_of(const Command& command) {
  std::string text = "    " + quoted(command.path) + ")\n      case $before in\n";
  std::string options;
  std::string operand;
  for (const Argument& each : command.arguments) {
    if (each.names.empty()) {
      if (operand.empty()) operand = values_of(each);
      continue;
    }
    for (const auto& name : each.names) options += (options.empty() ? "" : " ") + name;
    if (each.value == Value::none) continue;
    text += "        " + joined(each.names, " | ") + ") values='" + values_of(each) + "' ;;\n";
  }
  text += "        *)\n          if [[ $current == -* ]]; then values='" + options + "'\n";
  const std::string rest = command.children.empty() ? operand : joined(command.children, " ");
  return text + "          else values='" + rest + "'; fi ;;\n      esac ;;\n";
}

}  // namespace

std::string render_bash(const std::vector<Command>& commands) {
  std::vector<std::string> with_value;
  std::vector<std::string> paths;
  std::string cases;
  for (const Command& command : commands) {
    if (!command.path.empty()) paths.push_back(quoted(command.path));
    cases += cases_of(command);
    for (const Argument& each : command.arguments) {
      if (each.value != Value::none) {
        with_value.insert(with_value.end(), each.names.begin(), each.names.end());
      }
    }
  }
  return std::string(kHead) + kBehindDashes + "      " + joined(with_value, " | ") +
         ")\n        [[ ${COMP_WORDS[index+1]} == = ]] || skip=yes ;;\n" + kWalk + "          " +
         joined(paths, " | ") +
         ") path=${path:+$path }$word ;;\n        esac ;;\n    esac\n  done\n  local values=\n"
         "  case $path in\n" +
         cases + kTail;
}

}  // namespace ssmgate::interface
