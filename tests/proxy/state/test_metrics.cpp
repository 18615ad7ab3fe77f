// What is counted of the records that go by.
#include "state/observations.hpp"

#include <doctest/doctest.h>

namespace ssmgate::state {
namespace {

AuditRecord decided(std::string decision, Code code, std::string rule = "") {
  AuditRecord record;
  record.event = Event::decision;
  record.time = std::chrono::system_clock::time_point(std::chrono::hours(1000));
  record.decision = std::move(decision);
  record.effect = record.decision == "allow" ? "relay" : "refuse";
  record.code = name(code);
  record.rule = std::move(rule);
  return record;
}

std::uint64_t at(const VerdictCounts& counts, Verdict verdict, Code code) {
  return counts[static_cast<std::size_t>(verdict)][static_cast<std::size_t>(code)];
}

std::uint64_t rule(const Metrics& metrics, std::string_view id, bool denies = false) {
  for (const auto& each : metrics.rules()) {
    if (each->id == id && each->denies == denies) return each->decided;
  }
  return 999;
}

}  // namespace

TEST_CASE("a decision counts once and for its rule where one made it") {
  Metrics metrics;
  metrics.set_rules({"shell", "db"}, {"never"});
  metrics.note(decided("allow", Code::allowed, "shell"));
  metrics.note(decided("deny", Code::explicit_deny, "never"));
  metrics.note(decided("deny", Code::no_rule));
  metrics.note(decided("malformed", Code::json));
  CHECK(rule(metrics, "shell") == 1);
  CHECK(rule(metrics, "db") == 0);
  CHECK(rule(metrics, "never", true) == 1);
  CHECK(at(metrics.decisions, Verdict::allow, Code::allowed) == 0);
  CHECK(at(metrics.decisions, Verdict::deny, Code::no_rule) == 1);
  CHECK(at(metrics.decisions, Verdict::malformed, Code::json) == 1);
  CHECK(metrics.malformed[static_cast<std::size_t>(Code::json)] == 1);
}

TEST_CASE("what report mode lets pass is counted beside its decision") {
  Metrics metrics;
  metrics.set_rules({"trial"}, {});
  AuditRecord record = decided("deny", Code::no_rule);
  record.effect = "relay";
  record.reported = {"trial"};
  metrics.note(record);
  CHECK(metrics.reported == 1);
  CHECK(metrics.rules().front()->reported == 1);
  CHECK(at(metrics.decisions, Verdict::deny, Code::no_rule) == 1);
}

TEST_CASE("a reload keeps the counts of the rules that stay, and of those that come back") {
  Metrics metrics;
  metrics.set_rules({"stays", "goes", "turns"}, {});
  for (const char* id : {"stays", "goes", "turns"}) {
    metrics.note(decided("allow", Code::allowed, id));
  }
  metrics.set_rules({"stays", "new"}, {"turns"});
  CHECK(rule(metrics, "stays") == 1);
  CHECK(rule(metrics, "new") == 0);
  CHECK(rule(metrics, "goes") == 999);
  // Another rule, though it has the name.
  CHECK(rule(metrics, "turns", true) == 0);
  metrics.note(decided("deny", Code::explicit_deny, "turns"));
  metrics.set_rules({"goes", "turns"}, {});
  CHECK(rule(metrics, "goes") == 1);
  CHECK(rule(metrics, "turns") == 1);
  metrics.set_rules({}, {"turns"});
  CHECK(rule(metrics, "turns", true) == 1);
}

TEST_CASE("what rules that are gone have decided is in the sums, and in no other rule's count") {
  Metrics metrics;
  metrics.set_rules({"goes"}, {"never"});
  metrics.note(decided("allow", Code::allowed, "goes"));
  metrics.note(decided("deny", Code::explicit_deny, "never"));
  metrics.note(decided("deny", Code::explicit_deny, "unheard-of"));
  metrics.set_rules({"new"}, {});
  // A rate over these would take it for decisions of just now.
  CHECK(rule(metrics, "(other)") == 0);
  CHECK(rule(metrics, "(other)", true) == 1);
  CHECK(metrics.decided_by_rules().allowed == 1);
  CHECK(metrics.decided_by_rules().denied == 2);
}

TEST_CASE("rules that are gone are remembered for a while, and their sums for good") {
  Metrics metrics;
  metrics.set_rules({"first"}, {});
  metrics.note(decided("allow", Code::allowed, "first"));
  metrics.set_rules({}, {"second"});
  metrics.note(decided("deny", Code::explicit_deny, "second"));
  for (std::size_t i = 0; i < kCountedRules; ++i) {
    metrics.set_rules({"r" + std::to_string(i)}, {});
  }
  CHECK(metrics.decided_by_rules().allowed == 1);
  CHECK(metrics.decided_by_rules().denied == 1);
  metrics.set_rules({"first"}, {"second"});
  CHECK(rule(metrics, "first") == 0);
  CHECK(rule(metrics, "second", true) == 1);
  CHECK(metrics.decided_by_rules().allowed == 1);
}

TEST_CASE("a request that was judged before its rule turned is not counted for what it turned to") {
  Metrics metrics;
  metrics.set_rules({}, {"turns"});
  metrics.note(decided("allow", Code::allowed, "turns"));
  CHECK(rule(metrics, "turns", true) == 0);
  CHECK(rule(metrics, "(other)") == 1);
}

TEST_CASE("rules beyond the limit are counted together") {
  Metrics metrics;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kCountedRules + 50; ++i) ids.push_back("r" + std::to_string(i));
  metrics.set_rules(ids, {"late"});
  CHECK(metrics.rules().size() == kCountedRules + 2);
  metrics.note(decided("allow", Code::allowed, ids.back()));
  metrics.note(decided("allow", Code::allowed, "unheard-of"));
  CHECK(rule(metrics, "(other)") == 2);
  metrics.set_rules({"r0"}, {});
  CHECK(rule(metrics, "(other)") == 2);
}

TEST_CASE("a decision before there are rules is counted all the same") {
  Metrics metrics;
  metrics.note(decided("allow", Code::allowed, "shell"));
  CHECK(at(metrics.decisions, Verdict::allow, Code::allowed) == 1);
}

TEST_CASE("results fill the histogram and the bytes") {
  Metrics metrics;
  AuditRecord record;
  record.event = Event::result;
  record.operation = "StartSession";
  record.duration_ms = 40;
  metrics.note(record);
  record.decision = "error";
  record.code = name(Code::upstream_timeout);
  metrics.note(record);
  AuditRecord tunnel;
  tunnel.event = Event::result;
  tunnel.bytes_up = 5;
  tunnel.bytes_down = 7;
  tunnel.duration_ms = 90'000'000;
  metrics.note(tunnel);
  std::uint64_t all = 0;
  for (const std::uint64_t count : metrics.upstream_seconds.buckets()) all += count;
  CHECK(all == 2);
  CHECK(metrics.upstream_seconds.buckets()[4] == 2);  // up to 100 ms
  CHECK(metrics.upstream_failures[static_cast<std::size_t>(Code::upstream_timeout)] == 1);
  CHECK(metrics.bytes_up == 5);
  CHECK(metrics.bytes_down == 7);
}

TEST_CASE("a bound belongs to its own bucket") {
  Histogram histogram;
  histogram.observe(0.001);
  histogram.observe(0.0011);
  histogram.observe(1e9);
  const auto buckets = histogram.buckets();
  CHECK(buckets[0] == 1);
  CHECK(buckets[1] == 1);
  CHECK(buckets.back() == 1);
}

TEST_CASE("a record that was lost is counted as what became of its request") {
  Observations seen;
  seen.metrics.set_rules({"shell"}, {});
  const AuditRecord record = decided("allow", Code::allowed, "shell");
  seen.note_waited(record, std::chrono::seconds(1), false, true);
  CHECK(rule(seen.metrics, "shell") == 0);
  CHECK(seen.metrics.audit_lost == 1);
  CHECK(at(seen.metrics.decisions, Verdict::deny, Code::audit_unavailable) == 1);
  REQUIRE(seen.refusals.latest().size() == 1);
  CHECK(seen.refusals.latest().front().code == "audit-unavailable");
  seen.note_waited(record, std::chrono::seconds(1), false, false);
  CHECK(rule(seen.metrics, "shell") == 1);
  CHECK(seen.metrics.audit_lost == 2);
}

TEST_CASE("the last refusals are kept and no more of them") {
  Refusals refusals;
  AuditRecord record = decided("deny", Code::no_rule);
  record.client = "127.0.0.1";
  for (std::size_t i = 0; i < kKeptRefusals + 10; ++i) {
    record.request_id = std::to_string(i);
    refusals.note(record);
  }
  record.decision = "allow";
  refusals.note(record);
  const auto latest = refusals.latest();
  REQUIRE(latest.size() == kKeptRefusals);
  CHECK(latest.front().request_id == std::to_string(kKeptRefusals + 9));
  CHECK(latest.front().number == kKeptRefusals + 10);
  CHECK(latest.front().who == "127.0.0.1");
}

TEST_CASE("a long text is cut") {
  Refusals refusals;
  AuditRecord record = decided("deny", Code::no_rule);
  record.message = std::string(5000, 'x');
  refusals.note(record);
  CHECK(refusals.latest().front().message.size() < kKeptText + 8);
}

TEST_CASE("minutes are counted for six hours whatever the clock does") {
  Refusals refusals;
  const auto now = std::chrono::system_clock::time_point(std::chrono::hours(500'000));
  AuditRecord record = decided("deny", Code::no_rule);
  record.time = now - std::chrono::hours(7);
  refusals.note(record);
  record.time = now - std::chrono::minutes(1);
  refusals.note(record);
  refusals.note(record);
  record.decision = "malformed";
  record.time = now;
  refusals.note(record);
  auto minutes = refusals.minutes(now);
  REQUIRE(minutes.size() == kCountedMinutes);
  CHECK(minutes.back().malformed == 1);
  CHECK(minutes.back().denied == 0);
  CHECK(minutes[kCountedMinutes - 2].denied == 2);
  std::uint32_t all = 0;
  for (const MinuteCount& minute : minutes) all += minute.denied + minute.malformed;
  CHECK(all == 3);
  // The clock jumps back: what lies ahead is not shown as the past.
  minutes = refusals.minutes(now - std::chrono::hours(100));
  for (const MinuteCount& minute : minutes) CHECK(minute.denied + minute.malformed == 0);
}

}  // namespace ssmgate::state
