// What `diff` says, against the judgement itself: every witness is confirmed, and where it says
// that nothing new is granted, no request shows otherwise.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "policy/sets/random_world.hpp"
#include "ssmgate/tools/diff.hpp"

using namespace ssmgate;
using namespace ssmgate::random_world;

namespace {

constexpr std::chrono::sys_days kNow = std::chrono::year(2026) / 11 / 23;

// Pairs of policies; SSMGATE_NIGHTLY draws more.
int pairs() {
  return std::getenv("SSMGATE_NIGHTLY") != nullptr ? 3'000 : 60;
}

Finding judge(const Policy& policy, const Request& request) {
  const auto judged = tools::evaluate(policy, request.caller, request.body, kNow);
  REQUIRE(judged.has_value());
  return *judged;
}

bool relays(const Policy& policy, const Request& request) {
  return judge(policy, request).effect == Effect::relay;
}

bool is_longer(const Finding& one, const Finding& other) {
  return other.max_duration && (!one.max_duration || *one.max_duration > *other.max_duration);
}

// Both relay it, by rules, and `one` for longer.
bool lasts_longer(const Finding& one, const Finding& other) {
  const auto by_rule = [](const Finding& finding) {
    return finding.effect == Effect::relay &&
           (finding.decision == Decision::allow || finding.max_duration);
  };
  return by_rule(one) && by_rule(other) && is_longer(one, other);
}

// The rule that relays a request, or the policy's report mode, is among the changes.
bool tells(const std::vector<tools::Change>& changes, const Finding& relayed) {
  return std::any_of(changes.begin(), changes.end(), [&](const tools::Change& change) {
    if (change.kind == tools::Change::Kind::report_mode) return relayed.decision == Decision::deny;
    if (relayed.decision == Decision::allow) return change.rule == relayed.rule;
    const auto& trials = relayed.reported;
    return std::find(trials.begin(), trials.end(), change.rule) != trials.end();
  });
}

class Pair {
 public:
  Pair(World& world, std::vector<Request>& pool, bool regexes)
      : world_(world), pool_(pool), regexes_(regexes) {}

  bool load() {
    older_text_ = world_.policy(regexes_);
    newer_text_ =
        world_.chance(4) ? world_.policy(regexes_) : world_.variant(older_text_, regexes_);
    older_ = load_policy(older_text_).policy;
    newer_ = load_policy(newer_text_).policy;
    return older_ && newer_;
  }

  void check() {
    CAPTURE(older_text_);
    CAPTURE(newer_text_);
    const tools::Difference difference = tools::diff(*older_, *newer_, kNow);
    check_changes(difference.granted, *newer_, *older_);
    check_changes(difference.revoked, *older_, *newer_);
    for (int i = 0; i < 100; ++i) check_request(world_.request(), difference);
    for (const Request& request : pool_) check_request(request, difference);
    if (pool_.size() > 150) pool_.erase(pool_.begin(), pool_.begin() + 75);
  }

 private:
  void check_changes(const std::vector<tools::Change>& changes, const Policy& relaying,
                     const Policy& other) {
    for (const tools::Change& change : changes) {
      CAPTURE(change.rule);
      if (!regexes_) REQUIRE(change.witness);
      check_witness(change.witness, relaying, other);
      for (const auto& entry : change.entries) {
        CAPTURE(entry.text);
        if (!regexes_) REQUIRE(entry.witness);
        check_witness(entry.witness, relaying, other);
      }
    }
  }

  void check_witness(const std::optional<tools::DiffWitness>& witness, const Policy& relaying,
                     const Policy& other) {
    if (!witness) return;
    const Request request{witness->caller, witness->body};
    CAPTURE(request.body);
    REQUIRE(relays(relaying, request));
    const Finding here = judge(relaying, request);
    const Finding there = judge(other, request);
    REQUIRE((there.effect == Effect::refuse || is_longer(here, there)));
    pool_.push_back(request);
  }

  void check_request(const Request& request, const tools::Difference& difference) {
    const Finding before = judge(*older_, request);
    const Finding after = judge(*newer_, request);
    CAPTURE(request.body);
    CAPTURE(request.caller.region.value_or(""));
    CAPTURE(request.caller.at.value_or(""));
    if (lasts_longer(after, before)) REQUIRE(tells(difference.granted, after));
    if (lasts_longer(before, after)) REQUIRE(tells(difference.revoked, before));
    if (before.effect == after.effect) return;
    if (after.effect == Effect::relay) {
      REQUIRE(tells(difference.granted, after));
    } else {
      REQUIRE(tells(difference.revoked, before));
    }
  }

  World& world_;
  std::vector<Request>& pool_;
  bool regexes_;
  std::string older_text_, newer_text_;
  std::shared_ptr<const Policy> older_, newer_;
};

void compare_many(unsigned seed, int count, bool regexes) {
  World world(seed);
  std::vector<Request> pool;
  int done = 0;
  for (int tried = 0; done < count && tried < 100 * count; ++tried) {
    Pair pair(world, pool, regexes);
    if (!pair.load()) continue;
    pair.check();
    ++done;
  }
  CHECK(done == count);
}

}  // namespace

TEST_CASE("a difference is what the judgement shows") {
  compare_many(20261123, pairs(), false);
}

TEST_CASE("a difference of policies with regular expressions is safe") {
  compare_many(20261124, pairs() / 4, true);
}
