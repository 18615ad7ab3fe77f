// A StartSession request between JSON, as a person gives it to the AWS CLI, and JSON, as it is
// sent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "tools/command_line/input.hpp"

namespace ssmgate::tools {

// The value of `--parameters` in JSON. As Python reads it: of two members of one name the last
// counts. `error` says what botocore would not send.
[[nodiscard]] boost::system::result<std::vector<NamedValues>, CommandLineFault>
read_parameters_json(std::string_view text);

// The value of `--cli-input-json`.
[[nodiscard]] boost::system::result<SessionInput, CommandLineFault> read_input_json(
    std::string_view text);

// What botocore refuses to send: an empty text where the model wants one. Empty: nothing.
[[nodiscard]] std::string find_input_fault(const SessionInput& input);

[[nodiscard]] std::string render_input_json(const SessionInput& input);

}  // namespace ssmgate::tools
