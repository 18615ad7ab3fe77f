// Which bytes are a record, and what its fields are.
#include <doctest/doctest.h>

#include "audit/filter.hpp"
#include "audit/record_view.hpp"
#include "proxy/audit/audit_lines.hpp"

using namespace ssmgate;
using namespace ssmgate::audit;

namespace {

state::AuditRecord full_record() {
  state::AuditRecord record;
  record.time = kMonday + std::chrono::milliseconds(45);
  record.request_id = "1d0b";
  record.decision = "deny";
  record.reported = {"a", "b"};
  record.message = "a \"quoted\" \x1b[31m and \xc3\xa9";
  record.port = 5432;
  record.parameters = {{"host", {"db"}}, {"portNumber", {"5432"}}};
  record.bytes_up = 12;
  record.user = "alice";
  return record;
}

std::optional<RecordView> scan(const std::string& line) {
  return scan_record(line);
}

}  // namespace

TEST_CASE("every field that a gateway writes is found") {
  Chain chain;
  chain.add(full_record());
  chain.add(full_record());
  const std::string line = chain.lines().back();
  const auto record = scan_record(line);
  REQUIRE(record);
  CHECK(record->text(Field::time) == "2026-11-23T10:00:00.045Z");
  CHECK(record->text(Field::message) == "a \"quoted\" \x1b[31m and \xc3\xa9");
  CHECK(record->list(Field::reported) == std::vector<std::string>{"a", "b"});
  CHECK(record->number(Field::port) == 5432);
  CHECK(record->number(Field::seq) == 2);
  CHECK(record->text(Field::prev) == state::sha256_hex(chain.lines().front()));
  CHECK(record->raw(Field::parameters) == R"({"host":["db"],"portNumber":["5432"]})");
  CHECK_FALSE(record->has(Field::document));
  CHECK_FALSE(record->number(Field::user));
  CHECK(record->list(Field::user).empty());
}

TEST_CASE("another writer's spacing, order and new fields are fine") {
  const std::string line =
      " { \"seq\" : 7 ,\t\"new\" : [ { } , null, true, false, -0.5e+3 ] , \"event\" : \"stop\" }\r";
  const auto record = scan(line);
  REQUIRE(record);
  CHECK(record->number(Field::seq) == 7);
  CHECK(record->text(Field::event) == "stop");
}

TEST_CASE("what is no record is told apart") {
  for (const char* line : {"",
                           "{}",
                           "null",
                           "[]",
                           R"({"seq":1})",
                           R"({"event":"stop")",
                           R"({"event":"stop"}})",
                           R"({"event":"stop","event":"start"})",
                           R"({"event":"stop",})",
                           R"({"event":"st)",
                           R"({"event":"a\q"})",
                           R"({"event":"a\u12g4"})",
                           "{\"event\":\"a\tb\"}",
                           "{\"event\":\"\xff\"}",
                           "{\"event\":\"\xc0\x80\"}",
                           R"({"event":01})",
                           R"({"event":1.})",
                           R"({"event":-})",
                           R"({"event":tru})",
                           R"({"event" "x"})",
                           R"({event:1})",
                           R"({"event":"x"} {"event":"y"})"}) {
    CAPTURE(line);
    CHECK_FALSE(scan(line));
  }
  std::string deep = R"({"event":"x","new":)";
  deep += std::string(100'000, '[') + std::string(100'000, ']') + "}";
  CHECK_FALSE(scan(deep));
}

TEST_CASE("no prefix of a record is one, and no byte of it can be lost unnoticed") {
  Chain chain;
  chain.add(full_record());
  const std::string& line = chain.lines().front();
  for (std::size_t size = 0; size < line.size(); ++size) CHECK_FALSE(scan(line.substr(0, size)));
}

TEST_CASE("times as a gateway writes them, and others") {
  const auto time_of_text = [](const std::string& text) {
    const std::string line = R"({"event":"stop","time":")" + text + "\"}";
    const auto record = scan_record(line);
    REQUIRE(record);
    return time_of(*record);
  };
  CHECK(time_of_text("2026-11-23T10:00:00.045Z") == kMonday + std::chrono::milliseconds(45));
  CHECK(time_of_text("2026-11-23T19:00:00+09:00") == Time(kMonday));
  CHECK_FALSE(time_of_text("2026-02-30T10:00:00.045Z"));
  CHECK_FALSE(time_of_text("9999-11-23T10:00:00.045Z"));
  CHECK_FALSE(time_of_text("yesterday"));
}

TEST_CASE("moments as a person types them") {
  const Time now = kMonday;
  CHECK(std::get<Time>(parse_moment("90s", now)) == now - std::chrono::seconds(90));
  CHECK(std::get<Time>(parse_moment("2h", now)) == now - std::chrono::hours(2));
  CHECK(std::get<Time>(parse_moment("7d", now)) == now - std::chrono::days(7));
  CHECK(std::get<Time>(parse_moment("2026-11-23", now)) == now - std::chrono::hours(10));
  for (const char* text : {"", "h", "2w", "-2h", "2 h", "99999999999d", "40000d", "10:00"}) {
    CAPTURE(text);
    CHECK(std::holds_alternative<std::string>(parse_moment(text, now)));
  }
}

TEST_CASE("a filter holds when all of it does") {
  Chain chain;
  chain.add(full_record());
  const std::string line = chain.lines().front();
  const auto record = scan_record(line);
  REQUIRE(record);
  const auto holds = [&](std::vector<Field> fields, std::vector<std::string> globs) {
    Filter filter;
    filter.tests.push_back({std::move(fields), std::move(globs)});
    return filter.matches(*record);
  };
  CHECK(Filter{}.matches(*record));
  CHECK(holds({Field::user}, {"alice"}));
  CHECK(holds({Field::user}, {"bob", "al*"}));
  CHECK_FALSE(holds({Field::user}, {"Alice"}));
  CHECK(holds({Field::reported}, {"b"}));
  CHECK(holds({Field::rule, Field::reported}, {"b"}));
  CHECK_FALSE(holds({Field::rule}, {"*"}));
  CHECK(holds({Field::port}, {"54??"}));
  CHECK(holds({Field::message}, {"a \"quoted\"*"}));
  Filter filter;
  filter.since = kMonday;
  CHECK(filter.matches(*record));
  filter.since = kMonday + std::chrono::milliseconds(46);
  CHECK_FALSE(filter.matches(*record));
  filter.since.reset();
  filter.until = kMonday + std::chrono::milliseconds(45);
  CHECK_FALSE(filter.matches(*record));
}
