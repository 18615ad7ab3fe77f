#include <doctest/doctest.h>

#include "state/audit_record.hpp"
#include "state/log_message.hpp"

using namespace ssmgate::state;

namespace {

std::string fields_of(std::string decision, std::string message) {
  AuditRecord record;
  record.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'042));
  record.decision = std::move(decision);
  record.operation = "StartSession";
  record.user = "alice";
  record.message = std::move(message);
  record.reported = {"one", "two"};
  return render_fields(record);
}

LogLabels labels() {
  LogLabels made;
  made.facility = 16;
  made.app_name = "gate";
  made.host = "bastion";
  made.process = 77;
  return made;
}

}  // namespace

TEST_CASE("a syslog message has the head of RFC 5424") {
  const std::string fields = fields_of("deny", "no");
  CHECK(syslog_message(labels(), fields, "{LINE}") ==
        "<132>1 2023-11-14T22:13:20.042Z bastion gate 77 decision - {LINE}");
  LogLabels nameless = labels();
  nameless.host.clear();
  CHECK(syslog_message(nameless, fields, "x").find("Z - gate 77 ") != std::string::npos);
  CHECK(counted("ab\"c") == "4 ab\"c");
}

TEST_CASE("severities follow the decision") {
  CHECK(severity_of(fields_of("allow", "")) == 6);
  CHECK(severity_of(fields_of("relay", "")) == 6);
  CHECK(severity_of(fields_of("deny", "")) == 4);
  CHECK(severity_of(fields_of("malformed", "")) == 4);
  CHECK(severity_of(fields_of("error", "")) == 3);
  CHECK(severity_of(fields_of("", "\"decision\":\"error\"")) == 6);
}

TEST_CASE("a journal entry has every field and its lines cannot be forged") {
  const std::string fields = fields_of("allow", "a\nMESSAGE=forged\x1b[2J");
  const std::string entry = journal_entry(labels(), fields, "{LINE}");
  CHECK(entry ==
        "MESSAGE=decision allow StartSession by alice: a\\u000aMESSAGE=forged\\u001b[2J\n"
        "SSMGATE_TIME=2023-11-14T22:13:20.042Z\n"
        "SSMGATE_EVENT=decision\n"
        "SSMGATE_DECISION=allow\n"
        "SSMGATE_REPORTED=[\"one\",\"two\"]\n"
        "SSMGATE_MESSAGE=a\\u000aMESSAGE=forged\\u001b[2J\n"
        "SSMGATE_USER=alice\n"
        "SSMGATE_OPERATION=StartSession\n"
        "PRIORITY=6\n"
        "SYSLOG_FACILITY=16\n"
        "SYSLOG_IDENTIFIER=gate\n"
        "SYSLOG_PID=77\n"
        "SSMGATE_RECORD={LINE}\n");
}
