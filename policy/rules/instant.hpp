// Points in time as a policy writes them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace ssmgate {

// Microseconds reach far beyond year 9999; the system clock's nanoseconds end in 2262.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

// RFC 3339 with a zone, or a date, which is 00:00 UTC of it. Digits below a microsecond are cut.
// `error` says what is wrong and what to write instead.
[[nodiscard]] boost::system::result<Instant, std::string> parse_instant(std::string_view text);

// "2026-12-31T23:59:59Z"; fractions are left out.
[[nodiscard]] std::string render_instant(Instant instant);

[[nodiscard]] Instant to_instant(std::chrono::system_clock::time_point time) noexcept;

}  // namespace ssmgate
