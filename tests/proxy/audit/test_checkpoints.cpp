// What the chain cannot show, a signature does: an end that was cut off, a log written anew.
#include <doctest/doctest.h>

#include <algorithm>

#include "audit/checkpoints.hpp"
#include "proxy/audit/audit_lines.hpp"
#include "proxy/state/audit_fixture.hpp"

using namespace ssmgate;
using namespace ssmgate::audit;

namespace {

using Lines = std::vector<std::string>;

std::shared_ptr<const state::AuditKey> make_key(const state::Folder& folder) {
  auto opened = state::AuditKey::open(folder.path);
  auto* key = std::get_if<std::shared_ptr<const state::AuditKey>>(&opened);
  REQUIRE(key != nullptr);
  return *key;
}

using Keys = std::vector<state::AuditPublicKey>;

Keys public_keys(const state::Folder& folder) {
  auto loaded = state::AuditPublicKey::load(state::audit_public_key_file(folder.path));
  auto* key = std::get_if<state::AuditPublicKey>(&loaded);
  REQUIRE(key != nullptr);
  Keys keys;
  keys.push_back(std::move(*key));
  return keys;
}

// So many records, every fifth a checkpoint.
Lines signed_log(const state::AuditKey& key, int count, const std::string& message = "line") {
  state::ChainEnd end;
  Lines lines;
  for (int i = 1; i <= count; ++i) {
    state::AuditRecord record;
    record.time = kMonday;
    record.message = message;
    const std::string fields =
        i % 5 == 0 ? state::checkpoint_fields(key, end, kMonday) : state::render_fields(record);
    const std::string line = state::chained_line(fields, end);
    end = state::advanced(end, line);
    lines.push_back(line.substr(0, line.size() - 1));
  }
  return lines;
}

CheckpointReport check(const Lines& lines, const Keys& keys,
                       std::optional<std::string> kept = std::nullopt) {
  Verifier verifier;
  CheckpointCheck checkpoints(keys, std::move(kept));
  verifier.begin_file();
  checkpoints.begin_file();
  std::uint64_t number = 0;
  for (const std::string& line : lines) {
    const Line each{line, ++number, true, false};
    verifier.take(each);
    checkpoints.take(each);
  }
  const ChainReport chain = verifier.finish();
  REQUIRE_FALSE(chain.fault);
  return checkpoints.finish(chain);
}

std::string told(const CheckpointReport& report) {
  if (!report.fault) return "good";
  return std::string(name(report.fault->damage)) + " " + std::to_string(report.fault->where.seq) +
         " at " + std::to_string(report.fault->where.line);
}

}  // namespace

TEST_CASE("checkpoints of a known key vouch for what stands before them") {
  const state::Folder folder;
  const auto key = make_key(folder);
  const Lines lines = signed_log(*key, 12);
  const Keys keys = public_keys(folder);
  CheckpointReport report = check(lines, keys, lines[9]);
  CHECK(told(report) == "good");
  CHECK(report.good == 2);
  CHECK(report.signed_seq == 10);
  CHECK(report.unknown == 0);
  report = check(lines, {}, lines[9]);
  CHECK(told(report) == "good");
  CHECK(report.good == 0);
  CHECK(report.unknown == 2);
  CHECK(told(check(lines_of_chain(3), keys)) == "good");
  // What stands in an older file than those that were given is not held against them.
  CHECK(told(check({lines.begin() + 10, lines.end()}, keys, lines[9])) == "good");
}

TEST_CASE("an end that was cut off, a log that is empty, and one written anew") {
  const state::Folder folder;
  const state::Folder other_folder;
  const auto key = make_key(folder);
  const auto other_key = make_key(other_folder);
  const Lines lines = signed_log(*key, 12);
  const Keys keys = public_keys(folder);
  CHECK(told(check({lines.begin(), lines.begin() + 9}, keys, lines[9])) == "removed 9 at 9");
  CHECK(told(check({}, keys, lines[9])) == "removed 0 at 1");
  const Lines forged = signed_log(*other_key, 12, "forged");
  const CheckpointReport report = check(forged, keys, lines[9]);
  CHECK(told(report) == "changed 10 at 10");
  CHECK(report.unknown == 2);
  // A checkpoint that somebody put beside the key is none.
  CHECK(told(check(lines, keys, forged[9])) == "good");
  CHECK(told(check(lines, keys, "noise")) == "good");
}

TEST_CASE("a log that was forged from behind the last signed record on") {
  const state::Folder folder;
  const auto key = make_key(folder);
  const Lines lines = signed_log(*key, 12);
  const Keys keys = public_keys(folder);
  const auto forged = [](std::uint64_t seq, std::string prev) {
    Lines made;
    state::ChainEnd end{seq, std::move(prev), false};
    for (int i = 0; i < 3; ++i) {
      const std::string line = state::chained_line("\"event\":\"decision\"", end);
      end = state::advanced(end, line);
      made.push_back(line.substr(0, line.size() - 1));
    }
    return made;
  };
  CHECK(told(check(forged(10, state::sha256_hex(lines[9])), keys, lines[9])) == "good");
  CHECK(told(check(forged(10, std::string(64, 'a')), keys, lines[9])) == "changed 11 at 1");
  CHECK(told(check(forged(11, std::string(64, 'a')), keys, lines[9])) == "removed 12 at 1");
}

TEST_CASE("what the gateways say of the log is passed on and damage that they found is damage") {
  const state::Folder folder;
  const auto key = make_key(folder);
  const Keys keys = public_keys(folder);
  const auto log_with = [&](const std::string& fields) {
    const std::string line = state::chained_line(fields, {});
    return Lines{line.substr(0, line.size() - 1)};
  };
  const auto finding = [&](std::string text, bool damage) {
    return log_with(state::checkpoint_fields(*key, {}, kMonday, {std::move(text), damage}));
  };
  CheckpointReport report = check(finding("it is fine", false), keys);
  CHECK(told(report) == "good");
  REQUIRE(report.said.size() == 1);
  CHECK(report.said[0].text == "it is fine");
  const Keys none;
  for (const Keys* known : {&keys, &none}) {
    report = check(finding("its end was cut off", true), *known);
    CHECK(told(report) == "reported 1 at 1");
    CHECK(report.fault->text == "the gateway found: its end was cut off");
    CHECK(report.said.size() == 1);
  }
  state::AuditRecord loss;
  loss.event = state::Event::result;
  loss.decision = "error";
  loss.code = "audit-unavailable";
  loss.message = "3 records from A to B were not taken here and are lost";
  report = check(log_with(state::render_fields(loss)), keys);
  CHECK(told(report) == "good");
  REQUIRE(report.said.size() == 1);
  CHECK(report.said[0].text == loss.message);
  // A client's words are none of the gateway's.
  loss.event = state::Event::decision;
  loss.session_reason = loss.message;
  CHECK(check(log_with(state::render_fields(loss)), keys).said.empty());
  Lines many;
  state::ChainEnd end;
  for (std::size_t i = 0; i < kMaxSaid + 3; ++i) {
    const std::string line =
        state::chained_line(state::checkpoint_fields(*key, end, kMonday, {"again", false}), end);
    end = state::advanced(end, line);
    many.push_back(line.substr(0, line.size() - 1));
  }
  report = check(many, keys);
  CHECK(report.said.size() == kMaxSaid);
  CHECK(report.more_said == 3);
}

TEST_CASE("a signature that is not the key's") {
  const state::Folder folder;
  const auto key = make_key(folder);
  state::ChainEnd end;
  state::AuditRecord record;
  record.time = kMonday;
  const std::string first = state::chained_line(state::render_fields(record), end);
  end = state::advanced(end, first);
  std::string fields = state::checkpoint_fields(*key, end, kMonday);
  const std::size_t digit = fields.find("\"signature\":\"") + 13;
  fields[digit] = fields[digit] == '0' ? '1' : '0';
  const std::string second = state::chained_line(fields, end);
  const Keys keys = public_keys(folder);
  CHECK(told(check({first.substr(0, first.size() - 1), second.substr(0, second.size() - 1)},
                   keys)) == "changed 2 at 2");
}
