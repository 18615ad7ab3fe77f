// A point in time as a person types it on a command line.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace ssmgate::tools {

using Time = std::chrono::system_clock::time_point;

// A time of the policy language: RFC 3339 with a zone, or a date, which is 00:00 UTC of it, in the
// years that the system's clock knows. `error` says what is wrong and what to write instead.
[[nodiscard]] boost::system::result<Time, std::string> parse_time(std::string_view text);

}  // namespace ssmgate::tools
