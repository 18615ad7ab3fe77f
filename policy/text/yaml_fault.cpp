#include "text/yaml_fault.hpp"

#include <array>

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate {
namespace {

struct Help {
  std::string_view complaint;  // yaml-cpp 0.7, exceptions.h, namespace ErrorMsg
  std::string_view text;
};

constexpr std::string_view kAlias =
    "a value that begins with `*` is an alias in YAML, which is not supported; put it in quotes";

constexpr std::array kHelp = {
    Help{"the referenced anchor is not defined", kAlias},
    Help{"alias not found after *", kAlias},
    Help{"illegal character found while scanning alias", kAlias},
    Help{"anchor not found after &",
         "a value that begins with `&` is an anchor in YAML; put it in quotes"},
    Help{"illegal character found while scanning anchor",
         "a value that begins with `&` is an anchor in YAML; put it in quotes"},
    Help{"illegal map value",
         "a second `: ` where one value is expected; indent nested keys, or put the value in "
         "quotes"},
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
    Help{"illegal EOF in scalar", "the quotes are not closed before the end of the file"},
    Help{"illegal character in scalar", "a character that cannot stand in this text"},
};

}  // namespace

std::string describe_yaml_fault(std::string_view complaint, std::string_view at) {
  if (complaint == "unknown token" && !at.empty()) {
    return "a value cannot begin with " + in_backticks(at.substr(0, 1)) +
           "; put the value in quotes";
  }
  for (const Help& help : kHelp) {
    if (help.complaint == complaint) return std::string(help.text);
  }
  return "not valid YAML: " + std::string(complaint);
}

}  // namespace ssmgate
