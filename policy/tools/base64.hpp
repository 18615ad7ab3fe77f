// Base64 as RFC 4648 §4 writes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ssmgate::tools {

// The bytes; nothing unless `text` is padded, without line breaks and without stray bits.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace ssmgate::tools
