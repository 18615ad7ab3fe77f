#include <doctest/doctest.h>

#include <array>
#include <ctime>

#include "state/audit_record.hpp"

using namespace ssmgate::state;

TEST_CASE("a record is one line whatever is in it") {
  AuditRecord record;
  record.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'042));
  record.message = "a\nb\"c\\\x1b[31m";
  record.parameters = {{"host", {"a", "b"}}, {"x\"y", {"\t"}}};
  record.port = 5432;
  const std::string fields = render_fields(record);
  CHECK(fields.starts_with("\"time\":\"2023-11-14T22:13:20.042Z\",\"event\":\"decision\""));
  CHECK(fields.find('\n') == std::string::npos);
  CHECK(fields.find('\x1b') == std::string::npos);
  CHECK(fields.find("\"parameters\":{\"host\":[\"a\",\"b\"],\"x\\\"y\":[") != std::string::npos);
  CHECK(fields.find("\"port\":5432") != std::string::npos);
  CHECK(fields.find("\"user\"") == std::string::npos);
}

TEST_CASE("a time is written as the C library writes it, with milliseconds") {
  using namespace std::chrono;
  for (std::time_t clock = -100'000'000; clock < 9'000'000'000; clock += 12'345'679) {
    std::tm utc{};
    gmtime_r(&clock, &utc);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    const auto time = system_clock::from_time_t(clock) + microseconds(7'999);
    CHECK(render_time(time) == std::string(text.data()) + ".007Z");
  }
}
