#include <doctest/doctest.h>

#include "config/config.hpp"

using namespace ssmgate;
using namespace ssmgate::config;

namespace {

const Folders kFolders{"/home/u/.config/ssmgate", "/home/u/.local/state/ssmgate"};

LoadedConfig load(std::string_view text) {
  return load_config(text, "/etc/ssmgate", kFolders);
}

// All diagnostics, a line each.
std::string errors_of(std::string_view text) {
  const LoadedConfig loaded = load(text);
  CHECK_FALSE(loaded.config.has_value());
  std::string lines;
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    lines += render_diagnostic("c.yaml", diagnostic) + "\n";
  }
  return lines;
}

void check_error(std::string_view text, std::string_view position, std::string_view words) {
  const std::string lines = errors_of(text);
  CAPTURE(text);
  CAPTURE(lines);
  CHECK(lines.find("c.yaml:" + std::string(position) + ": error: ") != std::string::npos);
  CHECK(lines.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("an empty file is every default") {
  const LoadedConfig loaded = load("");
  REQUIRE(loaded.config);
  CHECK(loaded.config->listen.size() == 1);
  CHECK(loaded.config->listen[0].bind.port == 8877);
  CHECK(loaded.config->ca_key == "/etc/ssmgate/ca.key");
  CHECK(loaded.config->audit.sinks[0].path == "/home/u/.local/state/ssmgate/audit.jsonl");
  CHECK(loaded.config->upstream.connect_timeout == std::chrono::seconds(5));
}

TEST_CASE("every key that is acted on is read") {
  const LoadedConfig loaded = load(R"(
listen:
  - address: 127.0.0.1:0
    auth: none
  - address: "[::1]:9000"
    clients: ["::1"]
  - {address: "10.0.0.1:8877", insecure: true, clients: [10.0.0.0/8]}
policy: rules/policy.yaml
ca: {certificate: /var/ca.pem, key: ca.key}
state: /var/lib/ssmgate
egress:
  default: refuse
  allow: ["*.amazonaws.com", "example.com:8443", 10.0.0.0/8]
  deny: []
  deny_addresses: [loopback]
upstream:
  ca_file: roots.pem
  connect_timeout: 250ms
  response_timeout: 10s
  resolve: {"ssm.us-east-1.amazonaws.com:443": "10.0.0.5:8443"}
audit:
  sinks: [{type: file, path: a.jsonl}, {type: stdout}]
  on_failure: continue
limits: {connections: 5, connections_per_client: 2, header_timeout: 1s, body_timeout: 2m,
         handshake_timeout: 3s, keepalive_timeout: 1h}
)");
  REQUIRE(loaded.config);
  const Config& config = *loaded.config;
  CHECK(config.listen.size() == 3);
  CHECK(config.listen[1].bind.port == 9000);
  CHECK(config.policy == "/etc/ssmgate/rules/policy.yaml");
  CHECK(config.ca_certificate == "/var/ca.pem");
  CHECK(config.ca_key == "/etc/ssmgate/ca.key");
  CHECK(config.egress.otherwise == Egress::Default::refuse);
  CHECK(config.egress.allow.size() == 3);
  CHECK(config.egress.allow[1].port == 8443);
  CHECK(config.egress.deny_loopback);
  CHECK_FALSE(config.egress.deny_link_local);
  CHECK(config.upstream.ca_file == "/etc/ssmgate/roots.pem");
  CHECK(config.upstream.connect_timeout == std::chrono::milliseconds(250));
  CHECK(config.upstream.resolve.at("ssm.us-east-1.amazonaws.com:443").port == 8443);
  CHECK(config.audit.sinks.size() == 2);
  CHECK(config.audit.on_failure == Audit::OnFailure::proceed);
  CHECK(config.limits.connections == 5);
  CHECK(config.limits.keepalive_timeout == std::chrono::hours(1));
}

TEST_CASE("the state folder moves the audit log along") {
  const LoadedConfig loaded = load("state: here\n");
  REQUIRE(loaded.config);
  CHECK(loaded.config->audit.sinks[0].path == "/etc/ssmgate/here/audit.jsonl");
}

TEST_CASE("private hosts to intercept are canonical names and each counts once") {
  const LoadedConfig loaded =
      load("intercept: {hosts: [SSM.Example.Internal, ssm.example.internal., a.b]}\n");
  REQUIRE(loaded.config.has_value());
  CHECK(loaded.config->intercept.hosts == std::vector<std::string>{"ssm.example.internal", "a.b"});
  check_error("intercept: {hosts: [\"*.example.internal\"]}\n", "1:21", "is no host name");
  check_error("intercept: {hosts: [\"10.0.0.1\"]}\n", "1:21", "is an address");
  check_error("intercept: {hosts: [\"a.b:443\"]}\n", "1:21", "is no host name");
  check_error("intercept: {hosts: [internal]}\n", "1:21", "has no dot");
  check_error("intercept: {hosts: [ssm.us-east-1.amazonaws.com]}\n", "1:21", "AWS's own");
  check_error("intercept: {host: [a.b]}\n", "1:13", "hosts");
}

TEST_CASE("the admin listener is for this machine alone") {
  const auto address = [](const std::string& text) {
    const LoadedConfig loaded = load("admin: {address: " + text + "}\n");
    return loaded.config ? render_admin_address(loaded.config->admin.address) : "refused";
  };
  CHECK(address("127.0.0.1:9") == "127.0.0.1:9");
  CHECK(address("\"[::1]:0\"") == "[::1]:0");
  CHECK(address("unix:run/a.sock") == "unix:/etc/ssmgate/run/a.sock");
  CHECK(address("unix:/run/a.sock") == "unix:/run/a.sock");
  CHECK(address("none") == "none");
  CHECK(load("admin: {}\n").config->admin == Admin());
  CHECK_FALSE(load("{}\n").config->admin.said);
  CHECK(load("admin: {address: 127.0.0.1:8878}\n").config->admin.said);
  for (const char* open : {"0.0.0.0:8878", "10.0.0.1:8878", "\"[::]:8878\"",
                           "\"[::ffff:127.0.0.1]:8878\"", "169.254.169.254:80"}) {
    check_error("admin: {address: " + std::string(open) + "}\n", "1:18", "for this machine alone");
  }
  check_error("admin: {address: localhost:8878}\n", "1:18", "names are not looked up");
  check_error("admin: {address: off}\n", "1:18", "`none`");
  check_error("admin: {address: \"unix:\"}\n", "1:18", "names no socket");
  check_error("admin: {address: unix:/" + std::string(107, 'x') + "}\n", "1:18", "107 bytes");
  check_error("admin: {token: x}\n", "1:9", "token");
}

TEST_CASE("a misspelt key is an error with the nearest one as a hint") {
  check_error("lisen: []\n", "1:1", "listen");
  check_error("upstream: {conect_timeout: 5s}\n", "1:12", "connect_timeout");
}

TEST_CASE("an address that is denied without a port is denied at every port") {
  const LoadedConfig loaded = load(R"(egress:
  deny: [192.0.2.7, 10.0.0.0/8, "192.0.2.8:22", "2001:db8::/32", "[2001:db8::1]:22", evil.example,
         "[2001:db8::/32]:22"]
  allow: [192.0.2.9, 10.0.0.0/8]
)");
  REQUIRE(loaded.config);
  const Egress& egress = loaded.config->egress;
  REQUIRE(egress.deny.size() == 7);
  CHECK_FALSE(egress.deny[0].port.has_value());
  CHECK_FALSE(egress.deny[1].port.has_value());
  CHECK(egress.deny[2].port == 22);
  CHECK_FALSE(egress.deny[3].port.has_value());
  CHECK(egress.deny[4].port == 22);
  CHECK(egress.deny[5].port == 443);
  CHECK(egress.deny[6].port == 22);
  CHECK(egress.deny[6].host == *parse_host_pattern("2001:db8::/32"));
  CHECK(egress.allow[0].port == 443);
  CHECK(egress.allow[1].port == 443);
}

TEST_CASE("a listener off loopback needs protection") {
  check_error("listen: [{address: \"0.0.0.0:8877\"}]\n", "1:20", "insecure: true");
  check_error("listen: [{address: \"0.0.0.0:8877\", insecure: true}]\n", "1:20", "`clients`");
}

TEST_CASE("values of the wrong kind are errors at their place") {
  check_error("listen: []\n", "1:9", "empty");
  check_error("listen: [{address: localhost:80}]\n", "1:20", "names are not looked up");
  check_error("listen: [{address: \"127.0.0.1:70000\"}]\n", "1:20", "ADDRESS:PORT");
  check_error("ca: {certificate: ca.pem}\n", "1:5", "both `certificate` and `key`");
  check_error("ca: {certificate: ca.pem, key: ./ca.pem}\n", "1:32", "name two files");
  check_error("policy: 5\n", "1:9", "in quotes");
  check_error("upstream: {connect_timeout: 5}\n", "1:29", "`5s`");
  check_error("upstream: {connect_timeout: 0s}\n", "1:29", "`5s`");
  check_error("upstream: {connect_timeout: 999999999h}\n", "1:29", "`5s`");
  check_error("limits: {connections: 0}\n", "1:23", "at least 1");
  check_error("egress: {default: allow}\n", "1:19", "`tunnel` or `refuse`");
  check_error("egress: {allow: [\"10.*\"]}\n", "1:18", "CIDR");
  check_error("egress: {allow: [\"a.example:0\"]}\n", "1:18", "1 to 65535");
  check_error("audit: {sinks: []}\n", "1:16", "nothing may pass unrecorded");
  check_error("audit: {sinks: [{type: file}]}\n", "1:17", "needs a `path`");
  check_error("upstream: {resolve: {\"SSM.x:443\": \"10.0.0.1:1\"}}\n", "1:35", "lower case");
  check_error("upstream: {resolve: {\"ssm.x:443\": \"10.0.0.1\"}}\n", "1:35", "ADDRESS:PORT");
}

TEST_CASE("all errors of a file come in one go") {
  const std::string lines = errors_of("policy: 5\nlimits: {connections: x}\nsession: {}\n");
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 3);
}

TEST_CASE("the file is read as strictly as a policy") {
  check_error("policy:\n\"p.yaml\"\n", "2:1", "a value below its key that is not indented further");
  check_error("policy: \"p\n.yaml\"\n", "2:1", "a line within quotes");
  check_error("policy: \"p.yaml\"#x\n", "1:17", "a comment needs a blank before its `#`");
  check_error("egress:\n  deny: [a.example?]\n", "2:10", "`a.example?`");
}
