// `decide` against a second implementation, on policies and requests drawn at random from a small
// world, so that most of them nearly match. The seed is fixed: a failure can be run again.
#include <doctest/doctest.h>

#include <random>

#include "policy/rules/naive_evaluator.hpp"
#include "rules/document_pattern.hpp"

using namespace ssmgate;

namespace {

using Words = std::vector<std::string>;

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}

  std::string policy() {
    std::string out = "version: 1\ngroups: {team: [ann, bob]}\n";
    if (chance(5)) out += "mode: report\nuntil: " + until() + "\n";
    out += "allow:\n";
    const int allows = 1 + below(5);
    for (int i = 0; i < allows; ++i) out += rule("a" + std::to_string(i), true);
    out += "deny:\n";
    const int denies = below(3);
    if (denies == 0) out.erase(out.size() - 6);
    for (int i = 0; i < denies; ++i) out += rule("d" + std::to_string(i), false);
    return out;
  }

  std::string body() {
    std::string out = "{\"Target\":\"" + pick(kTargets) + '"';
    const std::string document = pick(kAsked);
    if (!document.empty()) out += ",\"DocumentName\":\"" + document + '"';
    if (chance(2)) out += ",\"Reason\":\"" + pick({"OPS-1", "x"}) + '"';
    std::string parameters;
    const auto add = [&](std::string_view name, const Words& values) {
      if (!parameters.empty()) parameters += ',';
      parameters.append("\"").append(name).append("\":[\"") += pick(values) + "\"";
      if (name == "extra" && chance(3)) parameters += ",\"" + pick(values) + "\"";
      parameters += ']';
    };
    if (chance(2)) add("host", kHosts);
    if (chance(2)) add("portNumber", {"22", "80", "5432"});
    if (chance(4)) add("localPortNumber", {"0", "8080"});
    if (chance(3)) add("command", {"ls", "ls -l", "id"});
    if (chance(4)) add("extra", {"one", "two"});
    return out + ",\"Parameters\":{" + parameters + "}}";
  }

  Caller caller() {
    Caller caller;
    if (chance(2)) caller.user = pick({"ann", "bob", "zed"});
    if (chance(3)) caller.unix_user = pick({"ann", "root"});
    if (chance(3)) caller.unix_groups = {pick({"wheel", "users"})};
    caller.client = *parse_ip_address(pick({"127.0.0.1", "10.8.0.1", "::ffff:10.8.0.2", "::1"}));
    caller.now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
    return caller;
  }

  Claims claims() {
    Claims claims;
    if (chance(2)) claims.account = pick({"111122223333", "999988887777"});
    if (chance(2)) claims.access_key = pick({"AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"});
    if (chance(2)) claims.region = pick({"us-east-1", "ap-northeast-1"});
    return claims;
  }

 private:
  inline static const Words kTargets = {"i-00000001", "i-00000002", "mi-0123456789abcdef0"};
  inline static const Words kHosts = {
      "localhost", "db.example.com", "10.20.0.1", "127.0.0.1", "a.b.corp.io", "::1", "LOCALHOST."};
  inline static const Words kAsked = {
      "",
      "SSM-SessionManagerRunShell",
      "AWS-StartPortForwardingSession",
      "AWS-StartPortForwardingSessionToRemoteHost",
      "AWS-StartPortForwardingSessionToRemoteHost",
      "AWS-StartSSHSession",
      "AWS-StartInteractiveCommand",
      "Own-Doc",
      "arn:aws:ssm:us-east-1:111122223333:document/Own-Doc",
      "arn:aws:ssm:us-east-1::document/AWS-StartSSHSession",
  };

  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
  bool chance(int of) { return below(of) == 0; }
  std::string pick(const Words& words) {
    return words[static_cast<std::size_t>(below(static_cast<int>(words.size())))];
  }
  std::string until() { return chance(2) ? "2099-01-01" : "2026-01-01"; }

  std::string list(const Words& words) {
    std::string out = "[\"" + pick(words) + '"';
    if (chance(2)) out += ", \"" + pick(words) + '"';
    return out + "]";
  }

  std::string rule(const std::string& id, bool allows) {
    std::string out = "  - {id: " + id;
    const auto add = [&](int of, std::string_view key, const std::string& value) {
      if (chance(of)) out.append(", ").append(key).append(": ") += value;
    };
    if (chance(4)) out += ", mode: report, until: " + until();
    add(3, "users", list({"@team", "ann", "any", "unix:root", "unix:%wheel"}));
    add(5, "clients", list({"10.8.0.0/16", "127.0.0.1", "::/0"}));
    add(5, "accounts", list({"111122223333"}));
    add(6, "access_keys", list({"AKIA*", "*"}));
    add(5, "regions", list({"us-*", "ap-northeast-1"}));
    add(4, "targets", list({"i-*", "i-00000001", "*"}));
    add(allows ? 1 : 2, "documents",
        list({"*", "AWS-*", "AWS-StartPortForwardingSessionToRemoteHost", "AWS-StartSSHSession",
              "Own-Doc", "SSM-*", "AWS-StartInteractiveCommand", "arn:aws:ssm:*:*:document/Own-*",
              "arn:aws:ssm:us-*::document/AWS-*"}));
    const int optional = allows ? 1 : 3;
    const bool said = !allows || !chance(4);
    if (said) {
      add(optional, "hosts",
          list({"any", "localhost", "*.example.com", "10.0.0.0/8", "127.0.0.1"}));
      add(optional, "ports", list({"any", "22", "80-5432"}));
      add(optional, "commands", list({"any", "ls*", "id"}));
    }
    if (chance(4)) {
      out += ", parameters: {" + pick({"extra", "localPortNumber"}) + ": " +
             pick({"any", "[\"o*\", \"0\"]", "[\"*\"]"}) + '}';
    }
    add(6, "reason", "\"^OPS\"");
    return out + "}\n";
  }

  std::mt19937 random_;
};

void compare(const std::string& text, const TreeNode& tree, const Policy& policy, World& world) {
  const Caller caller = world.caller();
  AwsRequest request;
  request.claims = world.claims();
  const std::string body = world.body();
  Place place;
  place.region = request.claims.region;
  if (!place.region.empty()) place.partition = partition_of_region(place.region);
  auto session = decode_start_session(body, policy.default_document(), place);
  if (!session) return;
  const naive::Verdict want = naive::judge(tree, caller, request.claims, *session);
  request.what = std::move(*session);
  const Finding got = finding(decide(policy, caller, request));
  CAPTURE(text);
  CAPTURE(body);
  CAPTURE(request.claims.region);
  REQUIRE(std::string(name(got.code)) == want.code);
  REQUIRE((got.effect == Effect::relay) == want.relay);
  REQUIRE(got.rule == want.rule);
  REQUIRE(got.nearest == want.nearest);
  REQUIRE(got.reported == want.reported);
}

}  // namespace

TEST_CASE("decide agrees with a naive evaluator") {
  World world(20261123);
  int loaded = 0;
  int allowed_by_loader = 0;
  while (loaded < 400 && ++allowed_by_loader < 5000) {
    const std::string text = world.policy();
    const LoadedPolicy policy = load_policy(text);
    if (!policy.policy) continue;  // e.g. an allow rule that must say `hosts`
    ++loaded;
    Diagnostics none;
    const auto tree = parse_tree(text, none);
    REQUIRE(tree);
    for (int i = 0; i < 20; ++i) compare(text, *tree, *policy.policy, world);
  }
  CHECK(loaded == 400);
}
