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
// Linear in the size: no quote or comma is looked for twice from far away.
[[nodiscard]] boost::system::result<std::vector<NamedValues>, CommandLineFault> parse_shorthand(
    std::string_view text);

}  // namespace ssmgate::tools
