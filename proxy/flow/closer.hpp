// Who ended a session, or a channel of it: one name for the record, the store and the docs.
#pragma once

#include <cstdint>
#include <string_view>

namespace ssmgate::flow {

enum class Closer : std::uint8_t {
  none,
  client,
  upstream,
  max_duration,
  killed,
  policy,
  shutdown,
  error,
  deadline,  // what was due did not come in time
};

[[nodiscard]] std::string_view name(Closer closer) noexcept;
[[nodiscard]] Closer find_closer(std::string_view name) noexcept;

}  // namespace ssmgate::flow
