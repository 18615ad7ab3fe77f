// Durations as the policy and the configuration write them.
#include <doctest/doctest.h>

#include "ssmgate/text/duration.hpp"

using namespace ssmgate;
using namespace std::chrono_literals;

TEST_CASE("a duration is a whole number and a unit") {
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("5s") == 5s);
  CHECK(parse_duration("010m") == 10min);
  CHECK(parse_duration("12h") == 12h);
  CHECK(parse_duration("168h") == 168h);
}

TEST_CASE("what is no duration is none") {
  for (const char* text : {"", "5", "s", "0s", "-1s", "+1s", "1.5h", "1h30m", "5 s", " 5s", "5S",
                           "5d", "1e3s", "169h", "604800001ms", "9999999999ms"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("a duration is shown in its largest whole unit") {
  CHECK(render_duration(1500ms) == "1500ms");
  CHECK(render_duration(90s) == "90s");
  CHECK(render_duration(60s) == "1m");
  CHECK(render_duration(90min) == "90m");
  CHECK(render_duration(168h) == "168h");
}
