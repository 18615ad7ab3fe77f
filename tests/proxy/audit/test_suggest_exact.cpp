// What is suggested allows what was refused, and nothing that was not: random policies, random
// requests, each other's near misses. The seeds are fixed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "audit/suggest.hpp"
#include "policy/rules/random_world.hpp"
#include "proxy/audit/audit_lines.hpp"
#include "proxy/audit/refusals.hpp"
#include "ssmgate/names/document.hpp"
#include "ssmgate/tools/lint.hpp"

using namespace ssmgate;
using namespace ssmgate::audit;

namespace {

// What two requests must have in common to be one to a rule: written down apart from what is
// tested. Not in it: when, why, and a key that carries its account.
std::string essence(const naive::Question& question, const Judged& judged,
                    const std::string& default_document) {
  const auto* session = std::get_if<StartSession>(&judged.request.what);
  if (session == nullptr) return {};
  const Caller caller = caller_of(question);
  std::string out = caller.user        ? "user " + *caller.user
                    : caller.unix_user ? "unix " + *caller.unix_user
                                       : "client " + render_ip_address(unmapped(caller.client));
  out += question.account.empty() ? "\nkey " + question.access_key : "\n" + question.account;
  const Document document =
      session->document ? *session->document : *parse_document(default_document, Place{});
  out += "\n" + question.region + "\n" + session->target.text() + "\n" + document.text();
  const CatalogueEntry* entry =
      document.owner() == Document::Owner::aws ? find_catalogued(document.name()) : nullptr;
  std::vector<std::string> values;
  for (const Parameter& parameter : session->parameters) {
    std::string value = "\n" + parameter.name;
    for (const std::string& each : parameter.values) {
      value += parameter.name == "host" ? "=" + session->host->text() : "=" + each;
    }
    values.push_back(value);
  }
  const auto fill = [&](const std::string& name, std::string_view value) {
    const bool there =
        std::any_of(session->parameters.begin(), session->parameters.end(),
                    [&](const Parameter& parameter) { return parameter.name == name; });
    if (!there && !value.empty()) values.push_back("\n" + name + "=" + std::string(value));
  };
  if (entry != nullptr) {
    fill("host", entry->default_host);
    fill("portNumber", entry->default_port);
    fill("localPortNumber", entry->default_local_port);
  }
  std::sort(values.begin(), values.end());
  for (const std::string& value : values) out += value;
  return out;
}

struct Counts {
  std::uint64_t refused = 0, rules = 0, left_out = 0, near_misses = 0, asked = 0;
};

// One policy, many requests: what it refused is fed to the suggester.
void try_world(unsigned seed, bool denied, Counts& counts) {
  naive::World world(seed);
  LoadedPolicy loaded = load_policy(world.policy(6));
  if (!loaded.policy) return;
  const Policy& policy = *loaded.policy;
  SuggestOptions options;
  options.denied = denied;
  options.asked.default_document = policy.default_document();
  Suggester suggester(options);
  std::vector<naive::Question> questions;
  std::set<std::string> refused;
  std::uint64_t records = 0;
  for (int i = 0; i < 120; ++i) {
    naive::Question question = world.question();
    make_real(question);
    const Judged judged = judge(policy, question);
    const bool feed = i % 2 == 0 && judged.finding.decision == Decision::deny;
    if (feed) {
      Chain chain;
      chain.add(record_of(question, judged));
      const auto record = scan_record(chain.lines().front());
      REQUIRE(record);
      suggester.take(*record);
      ++records;
      if (denied || judged.finding.code == Code::no_rule) {
        refused.insert(essence(question, judged, policy.default_document()));
      }
    }
    questions.push_back(std::move(question));
  }
  const Suggestion made = suggester.finish(std::chrono::system_clock::now());
  CAPTURE(made.policy);
  REQUIRE(made.fault.empty());
  REQUIRE(made.requests + made.left_out == records);
  LoadedPolicy suggested = load_policy(made.policy);
  REQUIRE(suggested.policy);
  REQUIRE_FALSE(has_errors(suggested.diagnostics));
  REQUIRE(made.policy.find("[any]") == std::string::npos);
  REQUIRE(made.policy.find(": any\n") == std::string::npos);
  std::set<std::string> allowed;
  for (const naive::Question& question : questions) {
    const Judged judged = judge(*suggested.policy, question);
    const std::string what = essence(question, judged, policy.default_document());
    CAPTURE(question.body);
    CAPTURE(what);
    // A rule for an address holds for the users there, too: no rule can say "nobody".
    naive::Question nobody = question;
    nobody.user.reset();
    nobody.unix_user.reset();
    const std::string there = essence(nobody, judged, policy.default_document());
    if (judged.finding.decision == Decision::allow) {
      REQUIRE((refused.contains(what) || refused.contains(there)));
      if (refused.contains(what)) allowed.insert(what);
    } else if (!refused.contains(what)) {
      ++counts.near_misses;
    }
  }
  // What was left out is the only part of it that does not pass.
  if (made.left_out == 0) REQUIRE(allowed == refused);
  counts.refused += made.requests;
  counts.rules += made.rules;
  counts.left_out += made.left_out;
  counts.asked += allowed.size();
}

}  // namespace

TEST_CASE("the suggested policy allows exactly what was refused") {
  const unsigned rounds = std::getenv("SSMGATE_NIGHTLY") != nullptr ? 4000 : 250;
  for (const bool denied : {false, true}) {
    Counts counts;
    for (unsigned seed = 0; seed < rounds; ++seed) {
      CAPTURE(seed);
      try_world(seed, denied, counts);
    }
    MESSAGE("requests " << counts.refused << ", different " << counts.asked << ", rules "
                        << counts.rules << ", left out " << counts.left_out << ", near misses "
                        << counts.near_misses);
    CHECK(counts.asked > rounds);
    CHECK(counts.near_misses > rounds);
    CHECK(counts.rules <= counts.asked);
    CHECK(counts.rules > 0);
  }
}

TEST_CASE("a change to any one part of a request that is allowed is refused") {
  const LoadedPolicy nothing = load_policy("version: 1\nallow: []\n");
  REQUIRE(nothing.policy);
  naive::Question question;
  question.user = "alice";
  question.client = "10.8.0.7";
  question.access_key = "ASIAQNZGKIQY56JQ7WML";
  question.region = "us-east-1";
  question.now = 1'795'428'000;
  const std::string document = "AWS-StartPortForwardingSessionToRemoteHost";
  const auto body = [](const std::string& target, const std::string& document_name,
                       const std::string& parameters) {
    return R"({"Target":")" + target + R"(","DocumentName":")" + document_name +
           R"(","Parameters":{)" + parameters + "}}";
  };
  const std::string target = "i-0123456789abcdef0";
  const std::string parameters = R"("host":["db.example.com"],"portNumber":["5432"])";
  question.body = body(target, document, parameters);
  make_real(question);
  REQUIRE_FALSE(question.account.empty());
  Chain chain;
  const Judged judged = judge(*nothing.policy, question);
  chain.add(record_of(question, judged));
  Suggester suggester({});
  const auto record = scan_record(chain.lines().front());
  REQUIRE(record);
  suggester.take(*record);
  const Suggestion made = suggester.finish(std::chrono::system_clock::now());
  const LoadedPolicy suggested = load_policy(made.policy);
  REQUIRE(suggested.policy);
  const auto allowed = [&](const naive::Question& asked) {
    return judge(*suggested.policy, asked).finding.decision == Decision::allow;
  };
  CHECK(allowed(question));
  naive::Question other = question;
  other.client = "10.8.0.8";
  CHECK(allowed(other));  // it is the user who may
  std::vector<naive::Question> misses(9, question);
  misses[0].user = "bob";
  misses[1].user.reset();
  misses[2].access_key = "ASIAY34FZKBOKMUTVV7A";
  misses[3].region = "us-east-2";
  misses[4].body = body("i-0123456789abcdef1", document, parameters);
  misses[5].body = body(target, "AWS-StartPortForwardingSession", R"("portNumber":["5432"])");
  misses[6].body = body(target, document, R"("host":["db2.example.com"],"portNumber":["5432"])");
  misses[7].body = body(target, document, R"("host":["db.example.com"],"portNumber":["5433"])");
  misses[8].body = body(target, document, parameters + R"(,"localPortNumber":["9"])");
  for (naive::Question& miss : misses) {
    make_real(miss);
    CAPTURE(miss.body);
    CHECK_FALSE(allowed(miss));
  }
}
