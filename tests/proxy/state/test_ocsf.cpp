#include <doctest/doctest.h>

#include "state/audit_record.hpp"
#include "state/ocsf.hpp"

using namespace ssmgate::state;

namespace {

bool contains(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

AuditRecord a_record() {
  AuditRecord record;
  record.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'042));
  record.request_id = "r-1";
  record.decision = "allow";
  record.effect = "relay";
  record.code = "allowed";
  record.rule = "orders";
  record.client = "10.0.0.7";
  record.user = "alice";
  record.access_key = "ASIAEXAMPLE";
  record.account = "111122223333";
  record.region = "us-east-1";
  record.endpoint = "ssm.us-east-1.amazonaws.com";
  record.operation = "StartSession";
  record.document = "AWS-StartSSHSession";
  record.target = "i-1";
  record.parameters = {{"host", {"a\x1b<b>"}}};
  return record;
}

}  // namespace

TEST_CASE("a decision becomes API activity and nothing of it is lost") {
  const std::string line = render_line(render_fields(a_record()), {}, LineFormat::ocsf);
  for (const std::string_view part :
       {"{\"class_uid\":6003,\"category_uid\":6,\"activity_id\":1,\"type_uid\":600301,"
        "\"time\":1700000000042,\"severity_id\":1,\"status_id\":1,\"action_id\":1,"
        "\"disposition_id\":1,\"status_code\":\"allowed\"",
        "\"correlation_uid\":\"r-1\"", "\"api\":{\"operation\":\"StartSession\"",
        "\"actor\":{\"user\":{\"name\":\"alice\",\"credential_uid\":\"ASIAEXAMPLE\"}}",
        "\"src_endpoint\":{\"ip\":\"10.0.0.7\"}",
        "\"dst_endpoint\":{\"hostname\":\"ssm.us-east-1.amazonaws.com\"}",
        "\"cloud\":{\"provider\":\"AWS\",\"region\":\"us-east-1\",\"account\":{\"uid\":"
        "\"111122223333\"}}",
        "{\"uid\":\"i-1\",\"type\":\"node\"}",
        "\"unmapped\":{\"time\":\"2023-11-14T22:13:20.042Z\",\"event\":\"decision\","
        "\"decision\":\"allow\",\"effect\":\"relay\",\"rule\":\"orders\"",
        "\"parameters\":{\"host\":[\"a\\u001b\\u003cb\\u003e\"]},\"seq\":1}}\n"}) {
    CHECK(contains(line, part));
  }
}

TEST_CASE("a refusal is one in OCSF") {
  AuditRecord record = a_record();
  record.decision = "deny";
  record.operation = "TerminateSession";
  CHECK(contains(ocsf_fields(render_fields(record)),
                 "\"activity_id\":4,\"type_uid\":600304,\"time\":1700000000042,\"severity_id\":3,"
                 "\"status_id\":2,\"action_id\":2,\"disposition_id\":2"));
}

TEST_CASE("what the gateway says of itself is other activity by that name") {
  AuditRecord record;
  record.event = Event::start;
  const std::string fields = ocsf_fields(render_fields(record));
  CHECK(contains(fields, "\"activity_id\":99,\"activity_name\":\"start\",\"type_uid\":600399"));
  CHECK(
      contains(fields, "\"unmapped\":{\"time\":\"1970-01-01T00:00:00.000Z\",\"event\":\"start\""));
}
