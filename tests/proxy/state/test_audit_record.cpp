#include <doctest/doctest.h>

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

TEST_CASE("markup in a record reaches no browser as markup") {
  AuditRecord record;
  record.message = "<script>alert(1)</script> & \x7f \xc2\x9b";
  const std::string fields = render_fields(record);
  CHECK(fields.find_first_of("<>&\x7f") == std::string::npos);
  CHECK(fields.find("\\u003cscript\\u003ealert(1)\\u003c/script\\u003e \\u0026 \\u007f \\u009b") !=
        std::string::npos);
}
