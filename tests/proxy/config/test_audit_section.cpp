// `audit` of ssmgate.yaml: what a sink may say, and what is a slip.
#include <doctest/doctest.h>

#include "config/config.hpp"
#include "config/log_address.hpp"

using namespace ssmgate;
using namespace ssmgate::config;

namespace {

LoadedConfig load_sink(const std::string& sink) {
  return load_config("audit: {sinks: [" + sink + "]}\n", "/etc/ssmgate", Folders{"/c", "/s"});
}

AuditSink sink_of(const std::string& text) {
  INFO(text);
  const LoadedConfig loaded = load_sink(text);
  REQUIRE(loaded.config);
  REQUIRE(loaded.config->audit.sinks.size() == 1);
  return loaded.config->audit.sinks[0];
}

void check_slip(const std::string& text, std::string_view words) {
  const LoadedConfig loaded = load_sink(text);
  INFO(text);
  CHECK_FALSE(loaded.config.has_value());
  std::string lines;
  for (const Diagnostic& each : loaded.diagnostics) lines += render_diagnostic("c", each) + "\n";
  INFO(lines);
  CHECK(lines.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("sinks have their defaults") {
  CHECK(sink_of("{type: syslog}").text() == "syslog at unix:/dev/log");
  CHECK(sink_of("{type: syslog}").facility == 10);
  CHECK(sink_of("{type: syslog}").app_name == "ssmgate");
  CHECK(sink_of("{type: journald}").text() == "journald at unix:/run/systemd/journal/socket");
  CHECK(sink_of("{type: stdout}").format == AuditSink::Format::json);
}

TEST_CASE("a log server over TLS is read with all it needs") {
  const AuditSink sink = sink_of(
      "{type: syslog, address: \"tls://Logs.Example:6514\", facility: local3, app_name: gate-1, "
      "ca_file: roots.pem, certificate: me.pem, key: /k/me.key, format: ocsf}");
  CHECK(sink.text() == "syslog at tls://logs.example:6514");
  CHECK(sink.facility == 19);
  CHECK(sink.app_name == "gate-1");
  CHECK(sink.ca_file == "/etc/ssmgate/roots.pem");
  CHECK(sink.certificate == "/etc/ssmgate/me.pem");
  CHECK(sink.key == "/k/me.key");
  CHECK(sink.format == AuditSink::Format::ocsf);
}

TEST_CASE("addresses of log servers are read in their four forms alone") {
  for (const char* text :
       {"unix:/dev/log", "udp://127.0.0.1:514", "tcp://[::1]:601", "tls://logs.example:6514"}) {
    const auto parsed = parse_log_address(text);
    REQUIRE(std::holds_alternative<LogAddress>(parsed));
    CHECK(std::get<LogAddress>(parsed).text() == text);
  }
  const std::string long_path = "unix:/" + std::string(107, 'x');
  for (const std::string& text :
       {std::string(), std::string("unix:"), std::string("unix:dev/log"), long_path,
        std::string("udp://"), std::string("udp://host"), std::string("udp://host:"),
        std::string("udp://host:0"), std::string("udp://host:65536"), std::string("udp://host:1x"),
        std::string("udp://::1:514"), std::string("udp://[::1]"), std::string("UDP://host:1"),
        std::string("http://host:1"), std::string("/dev/log"), std::string("udp://:514"),
        std::string("udp://ho st:514"), std::string("udp://127.1:514")}) {
    INFO(text);
    CHECK(std::holds_alternative<std::string>(parse_log_address(text)));
  }
}

TEST_CASE("a key that a kind of sink does not act on is a slip") {
  check_slip("{type: syslog, path: a}", "`path` has no meaning for `type: syslog`");
  check_slip("{type: stdout, path: a}", "`path` has no meaning for `type: stdout`");
  check_slip("{type: file, path: a, address: \"udp://h:1\"}", "`address` has no meaning");
  check_slip("{type: file, path: a, facility: user}", "`facility` has no meaning");
  check_slip("{type: stdout, app_name: a}", "`app_name` has no meaning");
  check_slip("{type: journald, ca_file: a}", "`ca_file` has no meaning");
  check_slip("{type: syslog, address: \"tcp://h:1\", ca_file: a}", "write `tls://`");
  check_slip("{type: syslog, key: a, certificate: b}", "write `tls://`");
  check_slip("{type: syslog, address: \"tls://h:1\", key: a}", "need each other");
}

TEST_CASE("values that mean nothing are slips") {
  check_slip("{type: journald, address: \"udp://h:1\"}", "on this machine alone");
  check_slip("{type: syslog, address: \"h:514\"}", "`h:514` is no address of a log server");
  check_slip("{type: syslog, facility: local8}", "local7");
  check_slip("{type: syslog, app_name: \"a b\"}", "1 to 48 printable");
  check_slip("{type: syslog, app_name: \"" + std::string(49, 'a') + "\"}", "1 to 48 printable");
  check_slip("{type: stdout, format: cef}", "`json` or `ocsf`");
  check_slip("{type: kafka}", "`file`, `stdout`, `journald` or `syslog`");
}

TEST_CASE("a file is written by one sink") {
  check_slip("{type: file, path: a.jsonl}, {type: file, path: ./a.jsonl}", "two sinks write to");
  check_slip("{type: stdout}, {type: stdout, format: ocsf}", "two sinks write to");
}
