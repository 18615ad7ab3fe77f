// Decoder and `decide` against a second implementation of the language. The seed is fixed: a
// failure can be run again. 20,000 pairs are compared; with SSMGATE_NIGHTLY set, a
// million.
#include <doctest/doctest.h>

#include <cstdlib>
#include <map>

#include "policy/rules/naive_evaluator.hpp"
#include "policy/rules/random_world.hpp"
#include "rules/document_pattern.hpp"
#include "ssmgate/rules/decide.hpp"
#include "ssmgate/text/duration.hpp"

using namespace ssmgate;

namespace {

Finding find(const Policy& policy, const naive::Question& question) {
  Caller caller;
  caller.user = question.user;
  caller.unix_user = question.unix_user;
  caller.unix_groups = question.unix_groups;
  caller.client = *parse_ip_address(question.client);
  caller.now = std::chrono::system_clock::time_point(std::chrono::seconds(question.now));
  AwsRequest request;
  request.claims = {"StartSession", question.access_key, question.account, question.region};
  Place place;
  place.region = question.region;
  if (!place.region.empty()) place.partition = partition_of_region(place.region);
  auto decoded = decode_start_session(question.body, policy.default_document(), place);
  if (decoded) {
    request.what = std::move(*decoded);
  } else {
    request.what = std::move(decoded).error();
  }
  return finding(decide(policy, caller, request));
}

// The part of a refusal that names the nearest rule.
std::string nearest_text(const naive::Verdict& verdict) {
  return "; the nearest, `" + verdict.nearest + "`, would need " + verdict.needs + ".";
}

void compare(const std::string& text, const TreeNode& tree, const Policy& policy,
             const naive::Question& question, std::map<std::string, int>& seen) {
  const naive::Verdict want = naive::judge(tree, question);
  const Finding got = find(policy, question);
  ++seen[want.code];
  if (!want.nearest.empty()) ++seen["nearest"];
  if (!want.reported.empty()) ++seen["reported"];
  if (!want.max_duration.empty()) ++seen["max_duration"];
  CAPTURE(text);
  CAPTURE(question.body);
  CAPTURE(question.region);
  CAPTURE(question.client);
  CAPTURE(question.now);
  CAPTURE(question.user.value_or("-"));
  CAPTURE(got.message);
  REQUIRE(std::string(name(got.code)) == want.code);
  REQUIRE((got.effect == Effect::relay) == want.relay);
  REQUIRE(got.rule == want.rule);
  REQUIRE(got.nearest == want.nearest);
  REQUIRE(got.reported == want.reported);
  REQUIRE((got.max_duration ? render_duration(*got.max_duration) : "") == want.max_duration);
  if (want.nearest.empty()) {
    REQUIRE(got.message.find("the nearest") == std::string::npos);
  } else {
    CAPTURE(nearest_text(want));
    REQUIRE(got.message.find(nearest_text(want)) != std::string::npos);
  }
}

// Compares `pairs` pairs, `each` of them a policy of about `rules` rules.
void run(unsigned seed, int pairs, int each, int rules, std::map<std::string, int>& seen) {
  naive::World world(seed);
  for (int tried = 0; pairs > 0 && tried < 1'000'000; ++tried) {
    const std::string text = world.policy(rules);
    const LoadedPolicy policy = load_policy(text);
    if (!policy.policy) continue;  // e.g. an allow rule that must say `hosts`
    Diagnostics none;
    const auto tree = parse_tree(text, none);
    REQUIRE(tree);
    for (int i = 0; i < each && pairs > 0; ++i, --pairs) {
      compare(text, *tree, *policy.policy, world.question(), seen);
    }
  }
  REQUIRE(pairs == 0);
}

int pairs_to_compare() {
  return std::getenv("SSMGATE_NIGHTLY") != nullptr ? 1'000'000 : 20'000;
}

}  // namespace

TEST_CASE("decide agrees with a naive evaluator") {
  const int pairs = pairs_to_compare();
  std::map<std::string, int> seen;
  run(20261123, pairs * 3 / 5, 20, 5, seen);
  run(20261124, pairs * 2 / 5, 100, 50, seen);
  for (const std::string what :
       {"allowed", "explicit-deny", "no-rule", "nearest", "reported", "max_duration", "value-count",
        "unknown-parameter", "parameter-reference", "host", "port", "target", "document"}) {
    CAPTURE(what);
    CHECK(seen[what] >= pairs / 2000);
    MESSAGE(what << ": " << seen[what]);
  }
}
