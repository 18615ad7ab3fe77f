#include "text/yaml_fault.hpp"

#include <algorithm>
#include <array>

#include "text/utf8.hpp"

namespace ssmgate {
namespace {

struct Help {
  std::string_view problem;  // the library's; empty: any
  std::string_view context;  // likewise, or how it begins
  bool at_context = false;   // the beginning of what was being read tells more than where it failed
  std::string_view text;
};

constexpr std::string_view kAnchor =
    "a value that begins with `&` is an anchor in YAML, which is not supported; put it in quotes";
constexpr std::string_view kTag =
    "a value that begins with `!` is a tag in YAML, which is not supported; put it in quotes";
constexpr std::string_view kDirective =
    "YAML directives are not supported; remove the line, or quote the value";
constexpr std::string_view kUnclosed =
    "the quotes are not closed before the end of the file; write the closing one";
constexpr std::string_view kBlock =
    "write a block of text as `|` or `>`, at most `-` or `+` and one digit behind it, and then a"
    " new line";

constexpr std::array kHelp = {
    Help{"", "while scanning an alias", true,
         "a value that begins with `*` is an alias in YAML, which is not supported; put it in "
         "quotes"},
    Help{"", "while scanning an anchor", true, kAnchor},
    Help{"", "while scanning a tag", true, kTag},
    Help{"", "while parsing a tag", true, kTag},
    Help{"", "while scanning a directive", true, kDirective},
    Help{"", "while scanning a %", true, kDirective},
    Help{"mapping values are not allowed in this context", "", false,
         "a second `: ` where one value is expected; if it is the first, the line above lacks its "
         "own; else indent nested keys, or put the value in "
         "quotes"},
    Help{"mapping keys are not allowed in this context", "", false,
         "a key where none can stand; check the indentation"},
    Help{"block sequence entries are not allowed in this context", "", false,
         "a list entry where none can stand; check the indentation"},
    Help{"could not find expected ':'", "while scanning a simple key", true,
         "a key without a value; write `KEY: VALUE`, a blank behind the colon, and check the "
         "indentation"},
    Help{"did not find expected key", "while parsing a block mapping", false,
         "this does not continue the mapping above; check the indentation, and put values that "
         "begin with a quote wholly in quotes"},
    Help{"did not find expected '-' indicator", "while parsing a block collection", false,
         "this does not continue the list above; check the indentation"},
    Help{"did not find expected ',' or '}'", "while parsing a flow mapping", false,
         "a `{` that is not closed; write `}`, or a comma before this"},
    Help{"did not find expected ',' or ']'", "while parsing a flow sequence", false,
         "a `[` that is not closed; write `]`, or a comma before this"},
    Help{"found unexpected end of stream", "while scanning a quoted scalar", true, kUnclosed},
    Help{"found unexpected document indicator", "while scanning a quoted scalar", true, kUnclosed},
    Help{"did not find expected hexdecimal number", "", false,
         "an escape needs its digits: `\\x41`, `\\u0041` or `\\U00000041`; write `\\\\` for a "
         "backslash"},
    Help{"found invalid Unicode character escape code", "", false,
         "this escape is no character; write one up to `\\U0010FFFF` that is no surrogate"},
    Help{"found unexpected ':'", "while scanning a plain scalar", false,
         "a `:` that could end this value; put the value in quotes, or a blank behind the colon"},
    Help{"found a tab character that violates indentation", "", false,
         "a tab as indentation; indent with blanks"},
    Help{"found a tab character where an indentation space is expected", "", false,
         "a tab as indentation; indent with blanks"},
    Help{"", "while scanning a block scalar", false, kBlock},
    Help{"did not find expected <document start>", "", false,
         "a second document; a file is one document: remove `---`, `...` or what follows"},
    Help{"did not find expected node content", "", false,
         "a value is missing here; write it, and put it in quotes if it begins with `,` `]` `}` "
         "or `:`"},
};

const Help* find_help(const YamlFault& fault) {
  const auto* found = std::find_if(kHelp.begin(), kHelp.end(), [&](const Help& help) {
    return (help.problem.empty() || help.problem == fault.problem) &&
           (help.context.empty() || fault.context.starts_with(help.context));
  });
  return found == kHelp.end() ? nullptr : found;
}

}  // namespace

Position place_of(const YamlFault& fault) {
  const Help* help = find_help(fault);
  return help != nullptr && help->at_context ? fault.context_at : fault.problem_at;
}

std::string describe_yaml_fault(const YamlFault& fault, std::string_view at) {
  if (fault.problem == "found character that cannot start any token") {
    if (at.starts_with('\t')) return "a tab as indentation; indent with blanks";
    if (at.starts_with('`')) return "a value cannot begin with a backtick; put it in quotes";
    const auto first = decode_code_point(at);
    return "a value cannot begin with " + in_backticks(at.substr(0, first ? first->size : 1)) +
           "; put the value in quotes";
  }
  if (fault.problem == "found unknown escape character") {
    return in_backticks(at.substr(0, 2)) +
           " is no escape of YAML; write `\\\\` for a backslash, or use single quotes";
  }
  if (fault.problem == "did not find expected key" && at.starts_with(':')) {
    return "a key is missing before this `:`; write it, or put the value in quotes";
  }
  if (const Help* help = find_help(fault)) return std::string(help->text);
  return "not valid YAML: " + std::string(fault.problem);
}

}  // namespace ssmgate
