// Text as JSON strings, for what the tools print.
#pragma once

#include <string>
#include <string_view>

namespace ssmgate::tools {

// `text`, valid UTF-8, as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace ssmgate::tools
