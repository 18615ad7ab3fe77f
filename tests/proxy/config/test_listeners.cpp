#include <doctest/doctest.h>

#include "config/config.hpp"

using namespace ssmgate;
using namespace ssmgate::config;

namespace {

LoadedConfig load(std::string_view text) {
  return load_config(text, "/etc/ssmgate", Folders{"/home/u/.config/ssmgate", "/var/s"});
}

void check_errors(std::string_view text, std::initializer_list<std::string_view> wanted) {
  CAPTURE(text);
  const LoadedConfig loaded = load(text);
  CHECK_FALSE(loaded.config.has_value());
  CHECK(loaded.diagnostics.size() == wanted.size());
  auto each = wanted.begin();
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    const std::string line = render_diagnostic("c", diagnostic);
    CAPTURE(line);
    if (each == wanted.end()) break;
    CHECK(line.find(*each++) != std::string::npos);
  }
}

constexpr std::string_view kTls = "tls: {certificate: s.pem, key: s.key";

std::string listener(std::string_view keys) {
  return "listen: [{" + std::string(keys) + "}]\n";
}

}  // namespace

TEST_CASE("a listener has every key that it may have") {
  const LoadedConfig loaded = load(R"(
listen:
  - address: 127.0.0.1:8877
    auth: local-user
  - address: "[::]:8443"
    tls: {certificate: server.pem, key: /keys/server.key, client_ca: clients.pem, crl: revoked.pem}
    auth: mtls
    clients: [10.0.0.0/8]
  - {address: "0.0.0.0:8443", insecure: true, auth: basic}
users_file: users
)");
  REQUIRE(loaded.config);
  const auto& listen = loaded.config->listen;
  REQUIRE(listen.size() == 3);
  CHECK(listen[0].auth == Auth::local_user);
  CHECK_FALSE(listen[0].tls.has_value());
  CHECK(listen[1].auth == Auth::mtls);
  REQUIRE(listen[1].tls.has_value());
  CHECK(listen[1].tls->certificate == "/etc/ssmgate/server.pem");
  CHECK(listen[1].tls->key == "/keys/server.key");
  CHECK(listen[1].tls->client_ca == "/etc/ssmgate/clients.pem");
  CHECK(listen[1].tls->crl == "/etc/ssmgate/revoked.pem");
  CHECK(listen[1].clients.size() == 1);
  CHECK(listen[2].auth == Auth::basic);
  CHECK(loaded.config->users_file == "/etc/ssmgate/users");
}

TEST_CASE("a listener without auth asks nobody") {
  CHECK(load("").config->listen[0].auth == Auth::none);
  CHECK(load(listener("address: 127.0.0.1:1")).config->listen[0].auth == Auth::none);
}

TEST_CASE("off loopback there must be tls or insecure and auth or clients") {
  const std::string out = "address: \"0.0.0.0:8877\"";
  const auto tls = std::string(kTls) + "}";
  check_errors(listener(out), {"c:1:20: error: a listener off loopback must have `auth`",
                               "c:1:20: error: a listener off loopback must have `tls`"});
  check_errors(listener(out + ", auth: none, " + tls), {"must have `auth` or `clients`"});
  check_errors(listener(out + ", auth: local-user"), {"must have `tls` or say `insecure: true`"});
  check_errors(listener(out + ", auth: local-user, insecure: false"), {"must have `tls`"});
  // What an interface's own address lets in is what a wildcard does.
  check_errors(listener("address: \"[::ffff:127.0.0.1]:1\", clients: [\"::1\"]"), {"`tls`"});
  CHECK(load(listener(out + ", auth: local-user, insecure: true")).config);
  CHECK(load(listener(out + ", clients: [10.0.0.0/8], " + tls)).config);
}

TEST_CASE("what an auth needs must be there") {
  check_errors(listener("address: 127.0.0.1:1, auth: basic"),
               {"c:1:39: error: `auth: basic` needs `users_file`"});
  check_errors(listener("address: 127.0.0.1:1, auth: mtls"),
               {"c:1:39: error: `auth: mtls` needs `tls: {"});
  check_errors(listener("address: 127.0.0.1:1, auth: mtls, " + std::string(kTls) + "}"),
               {"`auth: mtls` needs `tls: {"});
  check_errors(listener("address: 127.0.0.1:1, auth: ntlm"),
               {"is not `none`, `local-user`, `basic` or `mtls`"});
}

TEST_CASE("the parts of tls belong together") {
  check_errors(listener("address: 127.0.0.1:1, tls: {certificate: s.pem}"),
               {"`tls` needs both `certificate` and `key`"});
  check_errors(listener("address: 127.0.0.1:1, " + std::string(kTls) + ", crl: r.pem}"),
               {"`crl` has no meaning without `client_ca`"});
  check_errors(listener("address: 127.0.0.1:1, tls: {certificat: s.pem}"),
               {"`tls` needs both", "certificate"});
  check_errors(listener("address: 127.0.0.1:1, tls: true"), {"`tls` is"});
}

TEST_CASE("an address stands once") {
  check_errors("listen: [{address: 127.0.0.1:1}, {address: 127.0.0.1:1}]\n",
               {"c:1:44: error: two listeners have the address `127.0.0.1:1`"});
  // Both families of one port, and ports that the system chooses, are different addresses.
  CHECK(load("listen: [{address: 127.0.0.1:1}, {address: \"[::1]:1\"}]\n").config);
  CHECK(load("listen: [{address: 127.0.0.1:0}, {address: 127.0.0.1:0}]\n").config);
}
