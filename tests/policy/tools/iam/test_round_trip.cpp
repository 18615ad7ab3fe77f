// Rules → IAM → rules: what the first allow, IAM allows, and so do the last.
//
// Left out, as docs/iam.md says: hosts that are the node itself, parameters of documents outside
// the catalogue, single ECS tasks.
#include <doctest/doctest.h>

#include <cstdlib>

#include <boost/json.hpp>

#include "iam_world.hpp"
#include "ssmgate/tools/eval.hpp"
#include "ssmgate/tools/iam.hpp"

using namespace ssmgate;

namespace {

std::string list(IamWorld& world, const std::vector<std::string>& words) {
  std::string out = "[";
  for (int i = world.below(2); i >= 0; --i) {
    out += (out.size() > 1 ? ", \"" : "\"") + world.one_of(words) + '"';
  }
  return out + "]";
}

// Criteria that allow and deny rules share.
std::string criteria(IamWorld& world) {
  std::string out;
  const auto maybe = [&](int one_in, const std::string& key,
                         const std::vector<std::string>& words) {
    if (world.once_in(one_in)) out += "    " + key + ": " + list(world, words) + "\n";
  };
  maybe(4, "accounts", {"111122223333", "444455556666"});
  maybe(4, "regions", {"us-east-1", "us-*", "eu-west-1", "*"});
  maybe(6, "clients", {"10.8.0.0/16", "192.0.2.7"});
  maybe(2, "targets",
        {"i-*", "i-0*", "i-0123456789abcdef0", "mi-*", "*", "ecs:*", "ecs:prod_*", "?i-*",
         "*-0123456789abcdef0"});
  if (world.once_in(6)) out += "    expires: 2026-06-15\n";
  if (world.once_in(6)) out += "    not_before: 2026-05-15\n";
  if (world.once_in(8)) out += "    users: [alice]\n";
  if (world.once_in(8)) out += "    reason: \"^OPS\"\n";
  if (world.once_in(10)) out += "    mode: report\n    until: 2026-06-10\n";
  return out;
}

const std::vector<std::string> kDocuments = {"AWS-StartSSHSession",
                                             "AWS-StartPortForwardingSession",
                                             "AWS-StartPortForwardingSessionToRemoteHost",
                                             "AWS-Start*",
                                             "SSM-SessionManagerRunShell",
                                             "MyDoc",
                                             "My*",
                                             "?yDoc",
                                             "S*",
                                             "Am*",
                                             "AWS-P*",
                                             "arn:aws:ssm:*:777788889999:document/MyDoc",
                                             "arn:aws:ssm:*::document/AWS-StartSSHSession",
                                             "arn:*:ssm:us-*:*:document/*"};

std::string rules(IamWorld& world) {
  std::string out = "version: 1\n";
  if (world.once_in(6)) out += "default_document: MyDoc\n";
  out += "allow:\n";
  const int allows = 1 + world.below(3);
  for (int i = 0; i < allows; ++i) {
    const bool shell = world.once_in(2);
    out += "  - id: allow-" + std::to_string(i) + '\n' + criteria(world);
    out += "    documents: ";
    out += shell
               ? list(world, {"SSM-SessionManagerRunShell", "MyDoc", "My*", "S*", "Am*", "AWS-P*",
                              "arn:aws:ssm:*:777788889999:document/MyDoc",
                              "arn:*:ssm:us-*:*:document/*"}) +
                     "\n"
               : list(world, kDocuments) + "\n    hosts: any\n    ports: any\n    commands: any\n";
  }
  const int denies = world.below(3);
  if (denies > 0) out += "deny:\n";
  for (int i = 0; i < denies; ++i) {
    out += "  - id: deny-" + std::to_string(i) + '\n' + criteria(world);
    if (world.once_in(2)) out += "    documents: " + list(world, kDocuments) + '\n';
  }
  return out;
}

bool relayed(const Policy& policy, const IamRequest& request) {
  tools::EvalCaller caller;
  caller.user = "alice";
  caller.client = request.client;
  caller.region = request.region;
  caller.account = request.account;
  caller.at = request.time;
  std::string body = session_body(request);
  body.insert(body.size() - 1, R"(, "Reason": "OPS-1")");
  const auto finding = tools::evaluate(policy, caller, body, {});
  REQUIRE(finding.has_value());
  return finding->effect == Effect::relay;
}

}  // namespace

TEST_CASE("what rules allow their IAM policy allows and so do the rules made of that") {
  const int policies = std::getenv("SSMGATE_NIGHTLY") != nullptr ? 100'000 : 800;
  IamWorld world(5, true);
  int allowed = 0;
  for (int i = 0; i < policies; ++i) {
    const std::string before = rules(world);
    CAPTURE(before);
    const LoadedPolicy first = load_policy(before);
    const std::string fault = first.diagnostics.empty() ? "" : first.diagnostics.front().text;
    CAPTURE(fault);
    REQUIRE(first.policy != nullptr);
    const tools::IamExport exported = tools::export_iam(before, {});
    REQUIRE(exported.json.has_value());
    const std::string json = *exported.json;
    CAPTURE(json);
    const boost::json::value parsed = boost::json::parse(json);
    const tools::IamImport imported = tools::import_iam(json, false);
    REQUIRE(imported.yaml.has_value());
    const std::string after = *imported.yaml;
    CAPTURE(after);
    const LoadedPolicy last = load_policy(after);
    REQUIRE(last.policy != nullptr);
    for (int j = 0; j < 20; ++j) {
      const IamRequest request = world.request();
      if (!relayed(*first.policy, request)) continue;
      ++allowed;
      const std::string asked = session_body(request) + request.account + ' ' + request.region +
                                ' ' + request.client + ' ' + request.time;
      CAPTURE(asked);
      CHECK(iam_allows(parsed, request, Colons::segments));
      CHECK(iam_allows(parsed, request, Colons::whole_string));
      CHECK(relayed(*last.policy, request));
    }
  }
  CHECK(allowed > policies);
}
