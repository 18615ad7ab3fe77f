#include <doctest/doctest.h>

#include "flow/warnings.hpp"

using namespace ssmgate;
using namespace ssmgate::flow;

namespace {

std::vector<std::string> warnings(const std::string& users, std::vector<config::Auth> auths) {
  std::string text = "version: 1\nallow:\n";
  for (int i = 1; i <= 7; ++i) {
    text += "- {id: r" + std::to_string(i) + ", users: [" + users + "], documents: [Acme-Shell]}\n";
  }
  const LoadedPolicy loaded = load_policy(text);
  REQUIRE(loaded.policy);
  config::Config settings;
  for (const config::Auth auth : auths) {
    settings.listen.emplace_back();
    settings.listen.back().auth = auth;
  }
  return find_warnings(settings, *loaded.policy);
}

using config::Auth;

}  // namespace

TEST_CASE("a policy for users behind listeners that know none is warned of") {
  const auto lines = warnings("alice", {Auth::none});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] ==
        "the policy's `r1`, `r2`, `r3`, `r4`, `r5` and 2 more can never apply: `users` names whom "
        "no listener can know; give a listener `auth: local-user`, `auth: basic` or `auth: mtls`");
  CHECK(warnings("alice", {Auth::local_user}).at(0).ends_with("`auth: basic` or `auth: mtls`"));
  CHECK(warnings("\"unix:bob\"", {Auth::mtls}).at(0).ends_with("`auth: local-user`"));
  CHECK(warnings("alice", {Auth::none, Auth::basic}).empty());
  CHECK(warnings("any", {Auth::local_user}).empty());
  CHECK(warnings("\"unix:%ops\", alice", {Auth::local_user}).empty());
}

TEST_CASE("a rule that says more than the gateway lets any session last is warned of") {
  const LoadedPolicy loaded = load_policy(
      "version: 1\nallow:\n"
      "- {id: day, documents: [Acme-Shell], max_duration: 24h}\n"
      "- {id: shift, documents: [Acme-Shell], max_duration: 12h}\n");
  REQUIRE(loaded.policy);
  config::Config settings;
  const auto lines = find_warnings(settings, *loaded.policy);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] ==
        "the policy's `day` would let sessions last longer than `sessions.max_duration: 12h`, "
        "which ends them; make the one longer or the other shorter");
  settings.sessions.max_duration = std::chrono::hours(24);
  CHECK(find_warnings(settings, *loaded.policy).empty());
}

TEST_CASE("a name that everybody at the listener would pass for is warned of") {
  const LoadedPolicy loaded =
      load_policy("version: 1\nallow:\n- {id: a, documents: [Acme-Shell]}\n");
  REQUIRE(loaded.policy);
  config::Config settings;
  settings.listen.emplace_back();
  const auto said = [&] { return find_warnings(settings, *loaded.policy).size(); };
  config::ParentProxy& proxy = settings.upstream.proxy.emplace();
  CHECK(said() == 0);
  proxy.username = "alice";
  REQUIRE(said() == 1);
  CHECK(find_warnings(settings, *loaded.policy)[0].ends_with("or use `ssmgate run`"));
  settings.listen[0].bind.address = IpAddress::v4({10, 0, 0, 1});
  CHECK(find_warnings(settings, *loaded.policy)[0].ends_with("`auth: basic` or `auth: mtls`"));
  settings.listen.clear();
  settings.listen.emplace_back();
  proxy.username.reset();
  proxy.certificate = "alice.pem";
  CHECK(said() == 1);
  settings.listen[0].own_user_only = true;
  CHECK(said() == 0);
  settings.listen.clear();
  settings.listen.emplace_back();
  settings.listen[0].auth = Auth::local_user;
  CHECK(said() == 0);
}

TEST_CASE("an entry of egress.deny that nothing asks is warned of") {
  const auto of = [](const char* entry) {
    config::Config settings;
    settings.intercept.hosts = {"ssm.corp.example"};
    settings.egress.deny.push_back({*parse_host_pattern(entry)});
    return find_egress_warnings(settings);
  };
  for (const char* idle : {"ssm.us-east-1.amazonaws.com", "ssmmessages.eu-west-1.amazonaws.com",
                           "ssm.*.amazonaws.com", "ssm-fips.*.amazonaws.com", "ssm.corp.example"}) {
    INFO(idle);
    REQUIRE(of(idle).size() == 1);
    CHECK(of(idle)[0].find("is not asked about `ssm") != std::string::npos);
  }
  for (const char* asked : {"*.ssm.corp.example", "*.ssm.us-east-1.amazonaws.com",
                            "*.amazonaws.com", "ec2messages.*.amazonaws.com", "example.com",
                            "ssm-guiconnect.*.amazonaws.com", "10.0.0.0/8"}) {
    INFO(asked);
    CHECK(of(asked).empty());
  }
}
