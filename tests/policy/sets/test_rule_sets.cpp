// What the lints are told of rules next to each other, against the judgement.
#include <doctest/doctest.h>

#include <set>

#include "policy/sets/random_world.hpp"
#include "sets/rule_sets.hpp"
#include "ssmgate/tools/lint.hpp"

using namespace ssmgate;
using namespace ssmgate::random_world;

namespace {

constexpr std::chrono::sys_days kNow = std::chrono::year(2026) / 11 / 23;
using Cover = sets::RuleSets::Cover;
using sets::Answer;

Diagnostics lint(std::string_view text) {
  const LoadedPolicy loaded = load_policy(text);
  REQUIRE(loaded.policy != nullptr);
  return tools::lint(text, *loaded.policy, kNow);
}

}  // namespace

TEST_CASE("a rule that never decides never decides") {
  World world(31);
  int policies = 0;
  int idle_rules = 0;
  int live_rules = 0;
  while (policies < 80) {
    const std::string text = world.policy(false);
    const LoadedPolicy loaded = load_policy(text);
    if (!loaded.policy) continue;
    ++policies;
    sets::RuleSets sets(loaded.policy->rules(), to_instant(kNow));
    std::set<std::string> idle;
    for (const auto* rules : {&loaded.policy->rules().allow, &loaded.policy->rules().deny}) {
      for (const Rule& rule : *rules) {
        const auto cover = sets.find_cover(rule, rule.denies ? Cover::earlier : Cover::both);
        REQUIRE(cover.left != Answer::unknown);
        if (cover.left == Answer::none) idle.insert(rule.id);
        (cover.left == Answer::none ? idle_rules : live_rules) += 1;
      }
    }
    CAPTURE(text);
    for (int i = 0; i < 300; ++i) {
      const Request request = world.request();
      const auto judged = tools::evaluate(*loaded.policy, request.caller, request.body, kNow);
      REQUIRE(judged.has_value());
      CAPTURE(request.body);
      REQUIRE_FALSE(idle.contains(judged->rule));
    }
  }
  CHECK(idle_rules > 10);
  CHECK(live_rules > 100);
}

// Its `ports: any` are the node's own. What its rules say together is sound: it limits no host, so
// its shell goes round nothing.
TEST_CASE("the built-in policy has no warning") {
  CHECK(lint(builtin_policy_text()).empty());
}

TEST_CASE("one budget holds all lints of a large policy") {
  std::string text = "version: 1\nallow:\n";
  for (int i = 0; i < 600; ++i) {
    text += "  - {id: a" + std::to_string(i) + ", users: u" + std::to_string(i) +
            ", documents: [\"Doc-*\"], targets: [\"i-*\"], parameters: {p: [\"*" +
            std::to_string(i) + "*\"]}}\n";
  }
  CHECK(lint(text).empty());
}
