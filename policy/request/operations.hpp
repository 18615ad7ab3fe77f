// Which words are names of operations of Systems Manager.
#pragma once

#include <span>
#include <string_view>

namespace ssmgate {

// True for a known operation in exact case, and for any other word that could be an operation which
// AWS has added since: letters and digits, beginning with a capital, no known one in another case.
[[nodiscard]] bool is_operation_name(std::string_view name) noexcept;

// The known operations, sorted.
[[nodiscard]] std::span<const std::string_view> operations() noexcept;

}  // namespace ssmgate
