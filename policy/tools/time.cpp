#include "ssmgate/tools/time.hpp"

#include "rules/instant.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::tools {

boost::system::result<Time, std::string> parse_time(std::string_view text) {
  const auto instant = parse_instant(text);
  if (!instant) return instant.error();
  if (*instant < to_instant(Time::min()) + std::chrono::seconds(1) ||
      *instant > to_instant(Time::max())) {
    return in_backticks(text) + " is out of range; write a year from 1678 to 2261";
  }
  return std::chrono::time_point_cast<Time::duration>(*instant);
}

}  // namespace ssmgate::tools
