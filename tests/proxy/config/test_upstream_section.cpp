// `upstream` of ssmgate.yaml: the parent proxy and what goes past it.
#include <doctest/doctest.h>

#include "config/config.hpp"

using namespace ssmgate;
using namespace ssmgate::config;

namespace {

LoadedConfig load(const std::string& upstream) {
  return load_config("upstream:\n" + upstream, "/etc/ssmgate", Folders{"/c", "/s"});
}

std::string errors_of(const std::string& upstream) {
  const LoadedConfig loaded = load(upstream);
  CHECK_FALSE(loaded.config.has_value());
  std::string lines;
  for (const Diagnostic& each : loaded.diagnostics) lines += render_diagnostic("c", each) + "\n";
  return lines;
}

}  // namespace

TEST_CASE("a proxy with a certificate is read") {
  const LoadedConfig loaded = load(R"(
  proxy: {url: "https://gate.example:8443", certificate: me.pem, key: /k/me.key, ca_file: corp.pem}
  no_proxy: [".internal", "10.0.0.0/8:22"]
)");
  REQUIRE(loaded.config);
  const auto& proxy = loaded.config->upstream.proxy;
  REQUIRE(proxy);
  CHECK(proxy->tls);
  CHECK(proxy->host == "gate.example");
  CHECK(proxy->port == 8443);
  CHECK(proxy->certificate == "/etc/ssmgate/me.pem");
  CHECK(proxy->key == "/k/me.key");
  CHECK(proxy->ca_file == "/etc/ssmgate/corp.pem");
  CHECK_FALSE(proxy->username.has_value());
  CHECK(loaded.config->upstream.no_proxy.size() == 2);
}

TEST_CASE("a user stands in the url or beside it") {
  const LoadedConfig in_url = load("  proxy: {url: \"http://alice:secret@proxy.example:3128\"}\n");
  REQUIRE(in_url.config);
  CHECK(in_url.config->upstream.proxy->username == "alice");
  CHECK(in_url.config->upstream.proxy->password == "secret");
  const LoadedConfig beside =
      load("  proxy: {url: \"http://p.example\", username: alice, password_file: pw}\n");
  REQUIRE(beside.config);
  CHECK(beside.config->upstream.proxy->username == "alice");
  CHECK(beside.config->upstream.proxy->password_file == "/etc/ssmgate/pw");
  CHECK_FALSE(load("  connect_timeout: 5s\n").config->upstream.proxy.has_value());
}

TEST_CASE("what a proxy cannot do is an error at its place") {
  struct Row {
    const char* text;
    const char* words;
  };
  const Row rows[] = {
      {"  proxy: http://p.example\n", "c:2:10: error: `proxy` is"},
      {"  proxy: {}\n", "c:2:10: error: `proxy` has no `url`"},
      {"  proxy: {url: \"socks5://p.example\"}\n", "c:2:16: error:"},
      {"  proxy: {url: \"http://p.example\", key: a}\n", "`https://`"},
      {"  proxy: {url: \"http://p.example\", ca_file: a}\n", "`https://`"},
      {"  proxy: {url: \"https://p.example\", key: a}\n", "need each other"},
      {"  proxy: {url: \"https://p.example\", certificate: a}\n", "need each other"},
      {"  proxy: {url: \"http://p.example\", username: a}\n", "need each other"},
      {"  proxy: {url: \"http://p.example\", password_file: a}\n", "need each other"},
      {"  proxy: {url: \"http://u@p.example\", username: a, password_file: b}\n",
       "take one of them"},
      {"  proxy: {url: \"http://p.example\", username: \"a:b\", password_file: b}\n", "a colon"},
      {"  proxy: {url: \"http://p.example\", password: x}\n", "password_file"},
      {"  no_proxy: [\"a b\"]\n", "c:2:14: error: an entry is no name"},
      {"  no_proxy: {a: b}\n", "c:2:13: error:"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const std::string lines = errors_of(row.text);
    CAPTURE(lines);
    CHECK(lines.find(row.words) != std::string::npos);
  }
}

TEST_CASE("a proxy that is the gateway's own listener is found") {
  const auto loaded = [](const std::string& listener, const std::string& upstream) {
    return load_config("listen:\n  - {address: \"" + listener +
                           "\", clients: [127.0.0.1], insecure: true}\nupstream:\n" + upstream,
                       "/etc/ssmgate", Folders{"/c", "/s"});
  };
  const auto url = [](const std::string& text) {
    return "  proxy: {url: \"http://" + text + "\"}\n";
  };
  struct Row {
    const char* listener;
    std::string upstream;
    bool is_loop = true;
  };
  const std::vector<Row> rows = {
      {"127.0.0.1:3128", url("127.0.0.1:3128")},
      {"127.0.0.1:3128", url("[::ffff:127.0.0.1]:3128")},
      {"127.0.0.1:3128", url("localhost:3128")},
      {"127.0.0.1:3128", url("0.0.0.0:3128")},
      {"[::]:3128", url("[::]:3128")},
      {"[::1]:3128", url("[::]:3128")},
      {"127.0.0.1:80", url("127.0.0.1")},
      {"0.0.0.0:3128", url("127.0.0.1:3128")},
      {"[::]:3128", url("[::1]:3128")},
      {"[::1]:3128", url("[0:0::1]:3128")},
      {"10.0.0.1:3128",
       url("gate.example:8080") + "  resolve: {\"gate.example:8080\": \"10.0.0.1:3128\"}\n"},
      {"127.0.0.1:3128",
       url("gate.example:8080") + "  resolve: {\"gate.example:8080\": \"0.0.0.0:3128\"}\n"},
      {"127.0.0.1:3128", url("127.0.0.1:3129"), false},
      {"127.0.0.1:3128", url("127.0.0.2:3128"), false},
      {"127.0.0.2:3128", url("0.0.0.0:3128"), false},
      {"[::1]:3128", url("0.0.0.0:3128"), false},
      {"127.0.0.1:3128", url("gate.example:3128"), false},
      {"0.0.0.0:3128", url("10.0.0.1:3128"), false},
      {"0.0.0.0:3128", url("[::1]:3128"), false},
      {"[::]:3128", url("127.0.0.1:3128"), false},
      {"127.0.0.1:3128",
       url("localhost:3128") + "  resolve: {\"localhost:3128\": \"10.0.0.1:3128\"}\n", false}};
  for (const Row& row : rows) {
    CAPTURE(row.listener);
    CAPTURE(row.upstream);
    const LoadedConfig found = loaded(row.listener, row.upstream);
    REQUIRE(found.config);
    const std::string words = find_parent_loop(*found.config).value_or("");
    CHECK(!words.empty() == row.is_loop);
    const std::string named = "own listener " + std::string(row.listener) + ",";
    CHECK((words.find(named) != std::string::npos) == row.is_loop);
  }
}
