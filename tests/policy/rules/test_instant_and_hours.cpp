#include <doctest/doctest.h>

#include "rules/hours.hpp"
#include "rules/instant.hpp"

using namespace ssmgate;

namespace {

Instant at(std::string_view text) {
  const auto parsed = parse_instant(text);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return *parsed;
}

Hours office(std::string_view days, std::string_view from, std::string_view to,
             std::string_view zone) {
  Hours hours;
  hours.days = *parse_days(days);
  hours.from = *parse_clock(from, false);
  hours.to = *parse_clock(to, true);
  hours.zone = *find_zone(zone);
  return hours;
}

}  // namespace

TEST_CASE("times that are none are refused") {
  for (const std::string_view text : {"",
                                      "2026",
                                      "2026-1-01",
                                      "2026-13-01",
                                      "2026-00-01",
                                      "2026-02-29",
                                      "2100-02-29",
                                      "2026-04-31",
                                      "2026-01-00",
                                      "2026-01-01T",
                                      "2026-01-01T00:00:00",
                                      "2026-01-01T00:00Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:60:00Z",
                                      "2026-01-01T00:00:60Z",
                                      "2026-01-01 00:00:00Z",
                                      "2026-01-01T00:00:00.Z",
                                      "2026-01-01T00:00:00+0900",
                                      "2026-01-01T00:00:00+24:00",
                                      "2026-01-01T00:00:00+09:60",
                                      "2026-01-01T00:00:00ZZ",
                                      "2026-01-01T00:00:00Z ",
                                      " 2026-01-01",
                                      "+2026-01-01",
                                      "2026-01-01Z",
                                      "20260101",
                                      "2026-01-01T00:00:00UTC",
                                      "-026-01-01"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_instant(text).has_value());
  }
}

TEST_CASE("times are instants in UTC") {
  CHECK(render_instant(at("2026-12-31")) == "2026-12-31T00:00:00Z");
  CHECK(at("2026-12-31T09:00:00+09:00") == at("2026-12-31"));
  CHECK(at("2026-12-30T19:00:00-05:00") == at("2026-12-31"));
  CHECK(at("2026-12-31T00:00:00-00:00") == at("2026-12-31"));
  CHECK(at("2024-02-29T00:00:00.5Z") - at("2024-02-29") == std::chrono::milliseconds(500));
  CHECK(at("2024-02-29T00:00:00.0000019Z") - at("2024-02-29") == std::chrono::microseconds(1));
  CHECK(at("2000-02-29") < at("2000-03-01"));
  CHECK(render_instant(at("9999-12-31T23:59:59Z")) == "9999-12-31T23:59:59Z");
  CHECK(render_instant(at("0001-01-01")) == "0001-01-01T00:00:00Z");
  CHECK(at("9999-12-31") > at("2262-04-12"));
}

TEST_CASE("hours follow the clock of their zone") {
  const Hours hours = office("mon-fri", "09:00", "18:00", "Asia/Tokyo");
  CHECK(holds(hours, at("2026-11-23T00:00:00Z")));         // Monday 09:00 in Tokyo
  CHECK_FALSE(holds(hours, at("2026-11-22T23:59:59Z")));   // Monday 08:59:59
  CHECK(holds(hours, at("2026-11-23T08:59:59.999999Z")));  // 17:59:59
  CHECK_FALSE(holds(hours, at("2026-11-23T09:00:00Z")));   // 18:00
  CHECK_FALSE(holds(hours, at("2026-11-21T03:00:00Z")));   // Saturday
}

TEST_CASE("hours past midnight belong to the day on which they began") {
  const Hours night = office("fri", "22:00", "06:00", "UTC");
  CHECK(holds(night, at("2026-11-27T22:00:00Z")));  // Friday
  CHECK(holds(night, at("2026-11-28T05:59:59Z")));  // Saturday morning
  CHECK_FALSE(holds(night, at("2026-11-28T06:00:00Z")));
  CHECK_FALSE(holds(night, at("2026-11-27T05:00:00Z")));  // Friday morning is Thursday's night
  CHECK_FALSE(holds(night, at("2026-11-28T22:00:00Z")));
  const Hours sunday = office("sun", "22:00", "06:00", "UTC");
  CHECK(holds(sunday, at("2026-11-23T01:00:00Z")));  // Monday morning
  const Hours until_midnight = office("mon", "18:00", "24:00", "UTC");
  CHECK(holds(until_midnight, at("2026-11-23T23:59:59Z")));
  CHECK_FALSE(holds(until_midnight, at("2026-11-24T00:00:00Z")));
}

TEST_CASE("hours keep to the wall clock when it is changed") {
  // In New York clocks go from 02:00 to 03:00 on 2026-03-08 and back on 2026-11-01.
  const Hours hours = office("sun", "02:00", "04:00", "America/New_York");
  CHECK_FALSE(holds(hours, at("2026-03-08T06:59:59Z")));  // 01:59:59 EST
  CHECK(holds(hours, at("2026-03-08T07:00:00Z")));        // 03:00 EDT
  CHECK_FALSE(holds(hours, at("2026-03-08T08:00:00Z")));  // 04:00 EDT
  const Hours one = office("sun", "01:00", "02:00", "America/New_York");
  CHECK(holds(one, at("2026-11-01T05:30:00Z")));  // 01:30 EDT
  CHECK(holds(one, at("2026-11-01T06:30:00Z")));  // 01:30 EST, again
}

TEST_CASE("an edge that the clock leaps over counts at the leap") {
  // 02:30 is never shown on 2026-03-08: 06:59:59Z is 01:59:59 and 07:00:00Z is 03:00:00.
  const Hours begins = office("sun", "02:30", "04:00", "America/New_York");
  CHECK_FALSE(holds(begins, at("2026-03-08T06:59:59Z")));
  CHECK(holds(begins, at("2026-03-08T07:00:00Z")));
  const Hours ends = office("sun", "01:00", "02:30", "America/New_York");
  CHECK(holds(ends, at("2026-03-08T06:59:59Z")));
  CHECK_FALSE(holds(ends, at("2026-03-08T07:00:00Z")));
  const Hours inside = office("sun", "02:10", "02:50", "America/New_York");
  CHECK_FALSE(holds(inside, at("2026-03-08T06:59:59Z")));
  CHECK_FALSE(holds(inside, at("2026-03-08T07:00:00Z")));
}

TEST_CASE("the clock goes on being changed when the tables of its file have ended") {
  const Hours noon = office("mon-sun", "12:00", "13:00", "America/New_York");
  for (const std::string_view summer : {"2026-07-01", "2040-07-01", "2100-07-01", "2250-07-01"}) {
    CAPTURE(summer);
    CHECK(holds(noon, at(std::string(summer) + "T16:00:00Z")));
    CHECK_FALSE(holds(noon, at(std::string(summer) + "T17:00:00Z")));
  }
  for (const std::string_view winter : {"2026-01-05", "2040-01-05", "2100-01-05", "9998-01-05"}) {
    CAPTURE(winter);
    CHECK(holds(noon, at(std::string(winter) + "T17:00:00Z")));
    CHECK_FALSE(holds(noon, at(std::string(winter) + "T16:00:00Z")));
  }
}

TEST_CASE("days and clocks and zones are read strictly") {
  CHECK(*parse_days("mon") == 0b0000001);
  CHECK(*parse_days("fri-mon") == 0b1110001);
  CHECK(*parse_days("sun-sun") == 0b1000000);
  CHECK(*parse_days("mon-sun") == 0b1111111);
  for (const std::string_view text :
       {"", "Mon", "monday", "mon-", "-mon", "mon-fri-sun", "mon,tue", "mon - fri", "1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_days(text).has_value());
  }
  for (const std::string_view text :
       {"", "9:00", "09:0", "24:00", "23:60", "09-00", "09:00:00", " 9:00", "0900", "+9:00"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_clock(text, false).has_value());
  }
  CHECK(parse_clock("24:00", true).has_value());
  CHECK_FALSE(parse_clock("24:01", true).has_value());
  CHECK(find_zone("UTC").has_value());
  for (const std::string_view name :
       {"Asia/Tokyo", "Etc/GMT+5", "GMT0", "EST5EDT", "America/Argentina/Buenos_Aires"}) {
    CAPTURE(name);
    CHECK(find_zone(name).has_value());
  }
  const std::string endless(5000, 'A');
  using namespace std::string_view_literals;
  for (const std::string_view name : {""sv,
                                      "Mars/Olympus"sv,
                                      "JST"sv,
                                      "asia/tokyo"sv,
                                      "../../etc/passwd"sv,
                                      "+09:00"sv,
                                      "/usr/share/zoneinfo/UTC"sv,
                                      "./UTC"sv,
                                      "Asia/../UTC"sv,
                                      "Asia//Tokyo"sv,
                                      "/UTC"sv,
                                      "Asia/Tokyo/"sv,
                                      "Asia"sv,
                                      "localtime"sv,
                                      "posixrules"sv,
                                      "UTC0"sv,
                                      "right/Asia/Tokyo"sv,
                                      "file:Asia/Tokyo"sv,
                                      "libc:localtime"sv,
                                      "Fixed/UTC+09:00:00"sv,
                                      "tzdata.zi"sv,
                                      "UTC "sv,
                                      "UTC\0"sv,
                                      "zone.tab"sv,
                                      "leapseconds"sv,
                                      "~"sv,
                                      std::string_view(endless)}) {
    CAPTURE(name);
    const auto zone = find_zone(name);
    REQUIRE_FALSE(zone.has_value());
    CHECK(zone.error().find("write an IANA name") != std::string::npos);
  }
}
