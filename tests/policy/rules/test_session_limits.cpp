// What a policy says of a session beyond its start.
#include <doctest/doctest.h>

#include <string>

#include "ssmgate/rules/session_limits.hpp"

using namespace ssmgate;
using namespace std::chrono_literals;

namespace {

using Time = std::chrono::system_clock::time_point;

constexpr Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 10h;

std::optional<Time> next(const std::string& text, Time now = kNow) {
  const LoadedPolicy loaded = load_policy("version: 1\n" + text);
  REQUIRE(loaded.policy != nullptr);
  return find_next_change(*loaded.policy, now);
}

}  // namespace

TEST_CASE("a policy without times never changes") {
  CHECK_FALSE(next("allow:\n  - {id: a, documents: [Doc]}\n"));
}

TEST_CASE("the next of all beginnings and ends counts") {
  const std::string rules =
      "allow:\n"
      "  - {id: a, documents: [Doc], not_before: 2026-11-25, expires: 2026-12-01}\n"
      "  - {id: b, documents: [Doc], mode: report, until: 2026-11-27}\n"
      "deny:\n"
      "  - {id: c, documents: [Doc], not_before: 2026-11-24T12:00:00.25Z, expires: 2026-11-26}\n";
  const Time day = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
  CHECK(next(rules) == day + 12h + 250ms);
  CHECK(next(rules, day + 12h + 250ms) == day + 24h);
  CHECK(next(rules, day + 24h) == day + 48h);
  CHECK(next(rules, day + 48h) == day + 72h);
  CHECK(next(rules, day + 72h) == day + 168h);
  CHECK_FALSE(next(rules, day + 168h));
}

TEST_CASE("the end of the policy's own report mode is a change") {
  CHECK(next("mode: report\nuntil: 2026-11-24\n") ==
        Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)));
}

TEST_CASE("hours are looked at with every minute") {
  const std::string rules =
      "deny:\n  - {id: a, hours: {from: \"09:00\", to: \"18:00\", zone: Asia/Tokyo}}\n";
  CHECK(next(rules, kNow) == kNow + 1min);
  CHECK(next(rules, kNow + 59s + 999ms) == kNow + 1min);
}

TEST_CASE("rules that last longer than a limit are named") {
  const LoadedPolicy loaded = load_policy(
      "version: 1\nallow:\n"
      "  - {id: a, documents: [Doc], max_duration: 8h}\n"
      "  - {id: b, documents: [Doc], max_duration: 12h}\n"
      "  - {id: c, documents: [Doc]}\n"
      "  - {id: d, documents: [Doc], max_duration: 721m}\n");
  REQUIRE(loaded.policy != nullptr);
  CHECK(find_rules_longer_than(*loaded.policy, 12h) == std::vector<std::string>{"d"});
  CHECK(find_rules_longer_than(*loaded.policy, 1h) == std::vector<std::string>{"a", "b", "d"});
}

TEST_CASE("a time that the system's clock cannot hold is never reached") {
  CHECK_FALSE(next("allow:\n  - {id: a, documents: [Doc], expires: 9999-12-31}\n"));
}
