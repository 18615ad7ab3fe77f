// The AWS CLI's shorthand syntax, as far as it can say a map of lists of strings:
// `host=db.example.com,portNumber=5432` and its many other spellings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "tools/command_line/input.hpp"

namespace ssmgate::tools {

// `text` must be valid UTF-8. `error` says what the parser wanted, and where. Lists in lists,
// `{…}` and `name@=…` are refused: the first two are no strings, the third reads a file inside.
// LIMIT: quadratic in the number of quoted values at worst; a command line is at most 128 KiB.
[[nodiscard]] boost::system::result<std::vector<NamedValues>, CommandLineFault> parse_shorthand(
    std::string_view text);

}  // namespace ssmgate::tools
