// What is written in OCSF is read again field by field: nothing of a record is lost on the way.
#include <doctest/doctest.h>

#include "audit/record_view.hpp"
#include "state/audit_record.hpp"
#include "state/ocsf.hpp"

using namespace ssmgate;
using audit::Field;
using state::AuditRecord;
using state::Event;
using state::LineFormat;

namespace {

AuditRecord full(Event event) {
  AuditRecord record;
  record.event = event;
  record.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'042));
  record.request_id = "r-1";
  record.decision = "allow";
  record.effect = "relay";
  record.code = "allowed";
  record.rule = "orders";
  record.nearest = "billing";
  record.reported = {"one", "two"};
  record.message = "a \"word\" of \xc3\xbc <b>\x1b[2J\n";
  record.policy_revision = std::string(64, 'a');
  record.listener = "127.0.0.1:8877";
  record.client = "10.0.0.7";
  record.user = "alice";
  record.auth = "basic";
  record.access_key = "ASIAEXAMPLE";
  record.account = "111122223333";
  record.region = "us-east-1";
  record.endpoint = "ssm.us-east-1.amazonaws.com";
  record.operation = "StartSession";
  record.document = "AWS-StartSSHSession";
  record.target = "i-1";
  record.host = "db.example";
  record.port = 5432;
  record.parameters = {{"host", {"a", "b\x07"}}, {"event", {"stop"}}};
  record.session_reason = "OPS-7";
  record.session_id = "alice-0abc";
  record.status = 200;
  record.aws_request_id = "aws-1";
  record.duration_ms = 12;
  record.bytes_up = 3;
  record.bytes_down = 4;
  record.closed_by = "client";
  return record;
}

void check_alike(const AuditRecord& record) {
  const state::ChainEnd end{41, std::string(64, 'f'), false};
  std::string plain = render_line(render_fields(record), end, LineFormat::json);
  std::string mapped = render_line(render_fields(record), end, LineFormat::ocsf);
  plain.pop_back();
  mapped.pop_back();
  INFO(mapped);
  CHECK(std::all_of(mapped.begin(), mapped.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
  const auto expected = audit::scan_record(plain);
  const auto read = audit::scan_record(mapped);
  REQUIRE(expected);
  REQUIRE(read);
  for (const Field field : audit::fields()) {
    INFO(audit::name(field));
    CHECK(read->has(field) == expected->has(field));
    // Lists and objects are written anew; their texts are compared where they are texts.
    if (field == Field::parameters || field == Field::message) continue;
    CHECK(read->text(field) == expected->text(field));
  }
  CHECK(read->text(Field::message) == expected->text(Field::message));
}

}  // namespace

TEST_CASE("every kind of record is read again out of OCSF with all its fields") {
  for (const Event event : {Event::start, Event::stop, Event::policy, Event::decision,
                            Event::result, Event::connect, Event::session_end}) {
    INFO(state::name(event));
    check_alike(full(event));
    AuditRecord bare;
    bare.event = event;
    check_alike(bare);
  }
}

TEST_CASE("every decision is read again out of OCSF") {
  for (const char* decision : {"allow", "deny", "malformed", "relay", "error"}) {
    AuditRecord record = full(Event::decision);
    record.decision = decision;
    check_alike(record);
  }
}
