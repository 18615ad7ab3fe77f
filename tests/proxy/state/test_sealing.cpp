// Checkpoints in a log: when they are written, and what they show at the next start.
#include <doctest/doctest.h>

#include <algorithm>

#include "audit_fixture.hpp"
#include "state/audit_checkpoint.hpp"
#include "state/audit_log.hpp"
#include "state/audit_writer.hpp"

using namespace ssmgate::state;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kAmple{30};

void write_log(const fs::path& file, const SinkSetup& setup, int records) {
  std::vector<std::unique_ptr<AuditSink>> sinks;
  sinks.push_back(open_sink(file, setup));
  AuditLog log(std::move(sinks), kAmple);
  for (int i = 0; i < records; ++i) {
    // No more than wait at most: none of these may be lost.
    while (log.sinks()[0].waiting > kAuditBacklog / 2) std::this_thread::yield();
    AuditRecord record;
    record.event = Event::result;
    log.post(record);
  }
}

std::vector<std::uint64_t> checkpoints_of(const std::vector<std::string>& lines,
                                          const AuditPublicKey& key) {
  std::vector<std::uint64_t> found;
  for (const std::string& line : lines) {
    const auto checkpoint = parse_checkpoint(line);
    if (!checkpoint) continue;
    CHECK(verify(*checkpoint, key));
    found.push_back(checkpoint->seq);
  }
  return found;
}

void shorten(const fs::path& file, std::size_t lines) {
  auto kept = lines_of(file);
  kept.resize(lines);
  std::ofstream out(file, std::ios::trunc);
  for (const std::string& line : kept) out << line << "\n";
}

}  // namespace

TEST_CASE("a log that ends is signed to its last record and the checkpoint is kept") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const SinkSetup setup = signing_setup(folder.path / "state");
  write_log(file, setup, 3);
  const auto lines = lines_of(file);
  REQUIRE(lines.size() == 4);
  check_chain(lines);
  CHECK(checkpoints_of(lines, setup.key->public_key()) == std::vector<std::uint64_t>{4});
  CHECK(read_kept_checkpoint(kept_checkpoint_file(setup.state, file)) == lines[3]);
  CHECK(open_sink(file, setup)->findings().empty());
}

TEST_CASE("a thousand records are signed while the log goes on") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const SinkSetup setup = signing_setup(folder.path / "state");
  write_log(file, setup, 5000);
  const auto lines = lines_of(file);
  check_chain(lines);
  const auto found = checkpoints_of(lines, setup.key->public_key());
  CHECK(found.size() >= 4);
  std::uint64_t before = 0;
  for (const std::uint64_t seq : found) {
    // A thousand, and at most a group more.
    CHECK(seq - before <= kSealRecords + 130);
    before = seq;
  }
  CHECK(before == lines.size());
}

TEST_CASE("a log whose end was cut off is noticed at the start") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const SinkSetup setup = signing_setup(folder.path / "state");
  write_log(file, setup, 3);
  shorten(file, 2);
  CHECK(open_sink(file, setup)->findings() ==
        "the log ended with record 2, but record 4 was signed: its end was cut off");
}

TEST_CASE("a log that is gone is continued behind its last checkpoint") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const SinkSetup setup = signing_setup(folder.path / "state");
  write_log(file, setup, 3);
  const fs::path moved = folder.path / "audit.jsonl.1";
  SUBCASE("moved away") {
    fs::rename(file, moved);
  }
  SUBCASE("emptied") {
    fs::copy(file, moved);
    fs::resize_file(file, 0);
  }
  const auto sink = open_sink(file, setup);
  CHECK(sink->findings() ==
        "the log of before is gone or was moved away; this one goes on behind record 4, the last "
        "that was signed");
  CHECK(sink->write("\"n\":5"));
  auto lines = lines_of(moved);
  for (const std::string& line : lines_of(file)) lines.push_back(line);
  check_chain(lines);
}

TEST_CASE("a kept checkpoint that was tampered with is believed in nothing") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const SinkSetup setup = signing_setup(folder.path / "state");
  write_log(file, setup, 3);
  const fs::path kept = kept_checkpoint_file(setup.state, file);
  std::string line = read_kept_checkpoint(kept).value();
  line.replace(line.find("\"seq\":4"), 7, "\"seq\":9");
  CHECK(keep_checkpoint(kept, line));
  CHECK(open_sink(file, setup)->findings() ==
        "the checkpoint in " + kept.string() + " is not by this gateway's key");
}

TEST_CASE("an OCSF log is a chain with checkpoints too and a restart continues it") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  SinkSetup setup = signing_setup(folder.path / "state");
  setup.format = LineFormat::ocsf;
  write_log(file, setup, 2);
  write_log(file, setup, 2);
  const auto lines = lines_of(file);
  REQUIRE(lines.size() == 6);
  ChainReader reader;
  for (const std::string& line : lines) CHECK_FALSE(reader.next(line));
  CHECK(checkpoints_of(lines, setup.key->public_key()) == std::vector<std::uint64_t>{3, 6});
}

TEST_CASE("a clock that jumps back breaks nothing") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const SinkSetup setup = signing_setup(folder.path / "state");
  {
    std::vector<std::unique_ptr<AuditSink>> sinks;
    sinks.push_back(open_sink(file, setup));
    AuditLog log(std::move(sinks), kAmple);
    for (const int second : {2'000'000'000, 1'000'000'000, -5}) {
      AuditRecord record;
      record.event = Event::result;
      record.time = std::chrono::system_clock::time_point(std::chrono::seconds(second));
      log.post(record);
    }
  }
  const auto lines = lines_of(file);
  REQUIRE(lines.size() == 4);
  check_chain(lines);
  CHECK(lines[2].find("\"time\":\"1969-12-31T23:59:55.000Z\"") != std::string::npos);
  CHECK(checkpoints_of(lines, setup.key->public_key()).size() == 1);
}

TEST_CASE("the key of a log is made under state and a folder that takes none is a fault") {
  const Folder folder;
  ssmgate::config::Audit audit;
  audit.sinks.push_back({ssmgate::config::AuditSink::Type::file, folder.path / "audit.jsonl"});
  CHECK(std::holds_alternative<std::unique_ptr<AuditLog>>(
      AuditLog::open(audit, folder.path / "state")));
  CHECK(fs::exists(folder.path / "state" / "audit.pub"));
  const auto refused = AuditLog::open(audit, "/proc/nowhere");
  REQUIRE(std::holds_alternative<SinkFault>(refused));
  CHECK(std::get<SinkFault>(refused).text.find("/proc/nowhere") != std::string::npos);
}
