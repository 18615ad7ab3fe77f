// SOURCE: awscli/argprocess.py (json.loads), awscli/customizations/cliinputjson.py and
// botocore/validate.py, which checks types and least lengths and nothing else.
#include "tools/command_line/input_json.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "ssmgate/text/diagnostic.hpp"
#include "ssmgate/text/fields.hpp"
#include "tools/json_text.hpp"
#include "tools/render.hpp"

namespace ssmgate::tools {
namespace {

using boost::system::result;

constexpr std::array<std::string_view, 4> kMembers = {"Target", "DocumentName", "Reason",
                                                      "Parameters"};

// Each member once, at the place of its first value and with its last.
std::vector<JsonMember> last_of_each(std::vector<JsonMember> members) {
  std::vector<JsonMember> out;
  std::unordered_map<std::string, std::size_t> places;
  for (JsonMember& member : members) {
    const auto [place, fresh] = places.try_emplace(member.name, out.size());
    if (fresh) {
      out.push_back(std::move(member));
    } else {
      out[place->second].value = member.value;
    }
  }
  return out;
}

std::string not_strings(std::string_view name) {
  return "the parameter " + in_backticks(name) +
         " must be a list of strings, such as [\"5432\"]; the AWS CLI sends nothing else";
}

result<NamedValues, CommandLineFault> read_values(const JsonMember& member) {
  NamedValues named{member.name, {}};
  const auto elements = split_json_array(member.value);
  if (!elements) return CommandLineFault{not_strings(member.name)};
  for (const std::string_view element : *elements) {
    auto value = unescape_json_string(element);
    if (!value) return CommandLineFault{not_strings(member.name)};
    named.values.push_back(std::move(*value));
  }
  return named;
}

void append_member(std::string& out, std::string_view name) {
  if (out.size() > 1) out += ", ";
  append_json_string(out, name);
  out += ": ";
}

void append_text(std::string& out, std::string_view name, const std::optional<std::string>& text) {
  if (!text) return;
  append_member(out, name);
  append_json_string(out, *text);
}

std::string unknown_member(std::string_view name) {
  const std::string_view nearest = find_nearest_word(name, kMembers);
  return in_backticks(name) + " is no member of StartSession; " +
         (nearest.empty() ? "it has `Target`, `DocumentName`, `Reason` and `Parameters`"
                          : "did you mean `" + std::string(nearest) + "`?");
}

}  // namespace

result<std::vector<NamedValues>, CommandLineFault> read_parameters_json(std::string_view text) {
  auto members = split_json_object(text);
  if (!members) return CommandLineFault{"it is no JSON object: " + in_backticks(text)};
  std::vector<NamedValues> parameters;
  for (const JsonMember& member : last_of_each(std::move(*members))) {
    auto named = read_values(member);
    if (!named) return named.error();
    parameters.push_back(std::move(*named));
  }
  return parameters;
}

result<SessionInput, CommandLineFault> read_input_json(std::string_view text) {
  auto members = split_json_object(text);
  if (!members) return CommandLineFault{"it is no JSON object: " + in_backticks(text)};
  SessionInput input;
  for (const JsonMember& member : last_of_each(std::move(*members))) {
    if (member.name == "Parameters") {
      auto parameters = read_parameters_json(member.value);
      if (!parameters) return CommandLineFault{"`Parameters`: " + parameters.error().text};
      input.parameters = std::move(*parameters);
      continue;
    }
    std::optional<std::string>* field = member.name == "Target"         ? &input.target
                                        : member.name == "DocumentName" ? &input.document_name
                                        : member.name == "Reason"       ? &input.reason
                                                                        : nullptr;
    if (field == nullptr) return CommandLineFault{unknown_member(member.name)};
    *field = unescape_json_string(member.value);
    if (!*field) return CommandLineFault{'`' + member.name + "` must be a string"};
  }
  return input;
}

std::string find_input_fault(const SessionInput& input) {
  constexpr std::string_view kEmpty = " is empty; the AWS CLI sends no empty text";
  if (!input.target) return "there is no target; write `--target i-…`";
  if (input.target->empty()) return "`--target`" + std::string(kEmpty);
  if (input.reason && input.reason->empty()) return "`--reason`" + std::string(kEmpty);
  if (!input.parameters) return {};
  for (const NamedValues& named : *input.parameters) {
    if (named.name.empty()) return "a parameter's name" + std::string(kEmpty);
    const bool hollow = std::any_of(named.values.begin(), named.values.end(),
                                    [](const std::string& value) { return value.empty(); });
    if (hollow) return "a value of the parameter " + in_backticks(named.name) + std::string(kEmpty);
  }
  return {};
}

std::string render_input_json(const SessionInput& input) {
  std::string out = "{";
  append_text(out, "Target", input.target);
  append_text(out, "DocumentName", input.document_name);
  append_text(out, "Reason", input.reason);
  if (input.parameters) {
    append_member(out, "Parameters");
    std::string map = "{";
    for (const NamedValues& named : *input.parameters) {
      append_member(map, named.name);
      map += '[';
      for (const std::string& value : named.values) {
        if (&value != &named.values.front()) map += ", ";
        append_json_string(map, value);
      }
      map += ']';
    }
    out += map + '}';
  }
  return out + '}';
}

}  // namespace ssmgate::tools
