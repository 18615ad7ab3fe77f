#include "text/yaml_fault.hpp"

#include <array>

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate {
namespace {

struct Help {
  std::string_view complaint;  // yaml-cpp 0.7, exceptions.h, namespace ErrorMsg
  std::string_view text;
};

constexpr std::string_view kUnknownEscape = "unknown escape character: ";
constexpr std::string_view kNoCharacter = "invalid unicode: ";

constexpr std::string_view kAlias =
    "a value that begins with `*` is an alias in YAML, which is not supported; put it in quotes";

constexpr std::string_view kAnchor =
    "a value that begins with `&` is an anchor in YAML, which is not supported; put it in quotes";
constexpr std::string_view kTag =
    "a value that begins with `!` is a tag in YAML, which is not supported; put it in quotes";
constexpr std::string_view kBlock =
    "write a block of text as `|` or `>`, at most `-` or `+` and one digit from 1 behind it, and"
    " then a new line";

constexpr std::array kHelp = {
    Help{"the referenced anchor is not defined", kAlias},
    Help{"alias not found after *", kAlias},
    Help{"illegal character found while scanning alias", kAlias},
    Help{"aliases can't have any content, *including* tags", kAlias},
    Help{"cannot assign multiple aliases to the same node", kAlias},
    Help{"anchor not found after &", kAnchor},
    Help{"illegal character found while scanning anchor", kAnchor},
    Help{"cannot assign multiple anchors to the same node", kAnchor},
    Help{"cannot assign multiple tags to the same node", kTag},
    Help{"illegal character found while scanning tag handle", kTag},
    Help{"tag handle with no suffix", kTag},
    Help{"end of verbatim tag not found", kTag},
    Help{"cannot set zero indentation for a block scalar", kBlock},
    Help{"unexpected character in block scalar", kBlock},
    Help{"illegal map value",
         "a second `: ` where one value is expected; if it is the first, the line above lacks its "
         "own; else indent nested keys, or put the value in quotes"},
    Help{"illegal map key", "a key where none can stand; check the indentation"},
    Help{"end of map not found",
         "this does not continue the mapping above; check the indentation, and put values that "
         "begin with a quote wholly in quotes"},
    Help{"end of sequence not found",
         "this does not continue the list above; check the indentation"},
    Help{"end of map flow not found",
         "a `{` that is not closed; write `}`, or a comma before this"},
    Help{"end of sequence flow not found",
         "a `[` that is not closed; write `]`, or a comma before this"},
    Help{"illegal block entry", "a list entry where none can stand; check the indentation"},
    Help{"illegal EOF in scalar",
         "the quotes are not closed before the end of the file; write the closing one"},
    Help{"illegal character in scalar",
         "a character that cannot stand in this text; put the value in quotes"},
    Help{"illegal document indicator in scalar",
         "`---` or `...` at the start of a line within quotes; indent it"},
    Help{"illegal tab when looking for indentation", "a tab as indentation; indent with blanks"},
    Help{"illegal flow end",
         "a `]` or `}` that closes nothing; remove it, or put the value in quotes"},
    Help{"bad character found while scanning hex number",
         "an escape needs its digits: `\\xHH`, `\\uHHHH` or `\\UHHHHHHHH`"},
};

}  // namespace

bool is_escape_fault(std::string_view complaint) noexcept {
  return complaint.starts_with(kUnknownEscape) || complaint.starts_with(kNoCharacter);
}

std::string describe_yaml_fault(std::string_view complaint, std::string_view at) {
  if (complaint == "unknown token" && at.starts_with('`')) {
    return "a value cannot begin with a backtick; put it in quotes";
  }
  if (complaint == "unknown token" && !at.empty()) {
    return "a value cannot begin with " + in_backticks(at.substr(0, 1)) +
           "; put the value in quotes";
  }
  if (complaint.starts_with(kUnknownEscape)) {
    return in_backticks("\\" + std::string(complaint.substr(kUnknownEscape.size()))) +
           " is no escape of YAML; write `\\\\` for a backslash, or use single quotes";
  }
  if (complaint.starts_with(kNoCharacter)) {
    return "this escape is no character; write a code point up to 10FFFF that is no surrogate";
  }
  for (const Help& help : kHelp) {
    if (help.complaint == complaint) return std::string(help.text);
  }
  return "not valid YAML: " + std::string(complaint);
}

}  // namespace ssmgate
