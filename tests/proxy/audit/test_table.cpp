// Records as they are shown: nothing that a client sent reaches a terminal raw.
#include <doctest/doctest.h>

#include <algorithm>

#include "audit/table.hpp"
#include "proxy/audit/audit_lines.hpp"
#include "support/golden.hpp"

using namespace ssmgate;
using namespace ssmgate::audit;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> story() {
  Chain chain;
  auto now = kMonday + 0ms;
  const auto add = [&](state::AuditRecord record) {
    record.time = now += 1001ms;
    chain.add(record);
  };
  state::AuditRecord start;
  start.event = state::Event::start;
  start.policy_revision = "0123456789abcdef0123456789abcdef";
  add(start);
  state::AuditRecord allowed;
  allowed.request_id = "1d0b";
  allowed.decision = "allow";
  allowed.effect = "relay";
  allowed.code = "allowed";
  allowed.rule = "orders-db";
  allowed.client = "10.8.0.7";
  allowed.user = "alice";
  allowed.operation = "StartSession";
  allowed.document = "AWS-StartPortForwardingSessionToRemoteHost";
  allowed.target = "i-0123456789abcdef0";
  allowed.host = "orders.x1.rds.amazonaws.com";
  allowed.port = 5432;
  allowed.parameters = {{"host", {"orders.x1.rds.amazonaws.com"}}, {"portNumber", {"5432"}}};
  allowed.session_reason = "OPS-7";
  add(allowed);
  state::AuditRecord result;
  result.event = state::Event::result;
  result.request_id = "1d0b";
  result.client = "10.8.0.7";
  result.status = 200;
  result.session_id = "alice-0a1b2c";
  result.duration_ms = 130;
  add(result);
  state::AuditRecord denied = allowed;
  denied.decision = "deny";
  denied.effect = "refuse";
  denied.code = "no-rule";
  denied.rule.clear();
  denied.nearest = "orders-db";
  denied.host = "2001:db8::1";
  denied.session_reason.clear();
  add(denied);
  denied.effect = "relay";
  denied.reported = {"trial"};
  add(denied);
  state::AuditRecord hostile;
  hostile.decision = "malformed";
  hostile.code = "json";
  hostile.user = "=cmd|'/c calc'!A1";
  hostile.client = "\x1b]0;title\x07\r\nforged line";
  hostile.operation = "Start\xc2\x9bSession";
  hostile.target =
      "\xe2\x80\xae"
      "evil";
  hostile.message = "quote \" and , comma";
  add(hostile);
  state::AuditRecord connect;
  connect.event = state::Event::connect;
  connect.decision = "deny";
  connect.code = "egress";
  connect.client = "::1";
  connect.endpoint = "example.com";
  connect.port = 443;
  connect.message = "not allowed";
  add(connect);
  return chain.lines();
}

// Line ends apart, every character is one that a terminal shows.
bool is_safe(std::string_view text) {
  const bool no_control = std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\r') || byte == 0x7F;
  });
  return no_control && text.find("\xc2\x9b") == std::string_view::npos &&
         text.find("\xe2\x80\xae") == std::string_view::npos;
}

template <class Append>
std::string shown(const Append& append) {
  std::string out;
  for (const std::string& line : story()) {
    const auto record = scan_record(line);
    REQUIRE(record);
    append(*record, out);
  }
  return out;
}

void check_golden(const char* name, const std::string& got) {
  const auto file = std::filesystem::path(SSMGATE_TEST_DATA) / "golden/audit" / name;
  CHECK(test::expected(file, got) == got);
  CHECK(is_safe(got));
}

}  // namespace

TEST_CASE("a line for a person") {
  const std::string plain =
      shown([](const RecordView& record, std::string& out) { append_human(record, false, out); });
  check_golden("human.txt", plain);
  std::string coloured =
      shown([](const RecordView& record, std::string& out) { append_human(record, true, out); });
  CHECK(coloured.find("\x1b[31mdeny\x1b[0m") != std::string::npos);
  for (const char* paint : {"\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[35m", "\x1b[0m"}) {
    for (std::size_t at = 0; (at = coloured.find(paint)) != std::string::npos;) {
      coloured.erase(at, std::string_view(paint).size());
    }
  }
  CHECK(coloured == plain);
}

TEST_CASE("a table, whole and cut to a terminal") {
  for (const std::size_t width : {std::size_t{0}, std::size_t{80}, std::size_t{160}}) {
    const Look look{false, width};
    std::string out;
    append_table_head(look, out);
    out += shown(
        [&](const RecordView& record, std::string& into) { append_table_row(record, look, into); });
    check_golden(("table-" + std::to_string(width) + ".txt").c_str(), out);
    for (std::size_t at = 0, end = 0; width != 0 && at < out.size(); at = end + 1) {
      end = out.find('\n', at);
      const std::string_view line(out.data() + at, end - at);
      const auto columns = std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      });
      CHECK(static_cast<std::size_t>(columns) <= width);
    }
  }
}

TEST_CASE("CSV that no spreadsheet runs") {
  std::string out;
  append_csv_head(out);
  out += shown([](const RecordView& record, std::string& into) { append_csv_row(record, into); });
  check_golden("records.csv", out);
  CHECK(out.find(",'=cmd|") != std::string::npos);
  CHECK(out.find("\"quote \"\" and , comma\"") != std::string::npos);
}

TEST_CASE("JSON for a terminal says the same and does nothing to it") {
  const std::string line =
      "{\"event\":\"stop\",\t\"user\":\"\x7f\xc2\x9b\xe2\x80\xae\xf0\x9f\x99\x82 a\\\"\"}\r";
  std::string out;
  append_json_for_terminal(line, out);
  CHECK(out == R"({"event":"stop","user":"\u007f\u009b\u202e\ud83d\ude42 a\""})");
  const auto before = scan_record(line);
  const auto after = scan_record(out);
  REQUIRE(before);
  REQUIRE(after);
  CHECK(before->text(Field::user) == after->text(Field::user));
}
