// Checkpoints in a log: when they are written, and what they show at the next start.
#include <doctest/doctest.h>

#include <algorithm>

#include "audit_fixture.hpp"
#include "state/audit_checkpoint.hpp"
#include "state/audit_record.hpp"
#include "state/signed_file.hpp"

using namespace ssmgate::state;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<AuditSink> open_signed(const fs::path& file, const Sealing& sealing,
                                       LineFormat format = LineFormat::json) {
  auto opened = open_signed_file_sink(file, sealing, format);
  REQUIRE(std::holds_alternative<std::unique_ptr<AuditSink>>(opened));
  return std::move(std::get<std::unique_ptr<AuditSink>>(opened));
}

Sealing sealing_in(const fs::path& state) {
  auto key = AuditKey::open(state);
  REQUIRE(std::holds_alternative<std::shared_ptr<const AuditKey>>(key));
  return Sealing{std::get<std::shared_ptr<const AuditKey>>(key), state};
}

void write_log(const fs::path& file, const Sealing& sealing, int records) {
  const auto sink = open_signed(file, sealing);
  for (int i = 0; i < records; ++i) CHECK(sink->write("\"n\":" + std::to_string(i)));
}

// What the next start finds.
std::string found_in(const fs::path& file, const Sealing& sealing) {
  const std::size_t before = lines_of(file).size();
  { const auto sink = open_signed(file, sealing); }
  const auto lines = lines_of(file);
  if (lines.size() == before) return "";
  const auto checkpoint = parse_checkpoint(lines.back());
  REQUIRE(checkpoint);
  CHECK(verify(*checkpoint, sealing.key->public_key()));
  return lines.back();
}

bool contains(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != std::string::npos;
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
  const Sealing setup = sealing_in(folder.path / "state");
  write_log(file, setup, 3);
  const auto lines = lines_of(file);
  REQUIRE(lines.size() == 4);
  check_chain(lines);
  CHECK(checkpoints_of(lines, setup.key->public_key()) == std::vector<std::uint64_t>{4});
  CHECK(read_kept_checkpoint(kept_checkpoint_file(setup.state, file)) == lines[3]);
  CHECK(found_in(file, setup).empty());
}

TEST_CASE("a thousand records are signed while the log goes on") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const Sealing setup = sealing_in(folder.path / "state");
  write_log(file, setup, 5000);
  const auto lines = lines_of(file);
  check_chain(lines);
  const auto found = checkpoints_of(lines, setup.key->public_key());
  CHECK(found.size() >= 4);
  std::uint64_t before = 0;
  for (const std::uint64_t seq : found) {
    CHECK(seq - before <= kSealRecords + 1);
    before = seq;
  }
  CHECK(before == lines.size());
}

TEST_CASE("a group that would come to more than a thousand unsigned records is signed before") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const Sealing setup = sealing_in(folder.path / "state");
  {
    const auto sink = open_signed(file, setup);
    const std::vector<std::string_view> group(300, "\"n\":1");
    for (int i = 0; i < 5; ++i) CHECK(sink->write_group(group) == 300);
  }
  const auto lines = lines_of(file);
  check_chain(lines);
  CHECK(checkpoints_of(lines, setup.key->public_key()) == std::vector<std::uint64_t>{901, 1502});
}

TEST_CASE("a log whose end was cut off is noticed at the start") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const Sealing setup = sealing_in(folder.path / "state");
  write_log(file, setup, 3);
  shorten(file, 2);
  CHECK(contains(found_in(file, setup),
                 "the log ended with record 2, but record 4 was signed: its end was cut off"));
}

TEST_CASE("a log that is gone is continued behind its last checkpoint") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const Sealing setup = sealing_in(folder.path / "state");
  write_log(file, setup, 3);
  const fs::path moved = folder.path / "audit.jsonl.1";
  SUBCASE("moved away") {
    fs::rename(file, moved);
  }
  SUBCASE("emptied") {
    fs::copy(file, moved);
    fs::resize_file(file, 0);
  }
  CHECK(contains(found_in(file, setup),
                 "this one goes on behind record 4, the last that was signed"));
  write_log(file, setup, 1);
  auto lines = lines_of(moved);
  for (const std::string& line : lines_of(file)) lines.push_back(line);
  check_chain(lines);
}

TEST_CASE("a kept checkpoint that was tampered with is believed in nothing") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const Sealing setup = sealing_in(folder.path / "state");
  write_log(file, setup, 3);
  const fs::path kept = kept_checkpoint_file(setup.state, file);
  std::string line = read_kept_checkpoint(kept).value();
  line.replace(line.find("\"seq\":4"), 7, "\"seq\":9");
  CHECK(keep_checkpoint(kept, line));
  CHECK(contains(found_in(file, setup), "is not by this gateway's key"));
}

TEST_CASE("an OCSF log is a chain with checkpoints too and a restart continues it") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const Sealing setup = sealing_in(folder.path / "state");
  AuditRecord record;
  record.event = Event::result;
  for (int run = 0; run < 2; ++run) {
    const auto sink = open_signed(file, setup, LineFormat::ocsf);
    CHECK(sink->found().seq == static_cast<std::uint64_t>(run) * 3);
    for (int i = 0; i < 2; ++i) CHECK(sink->write(render_fields(record)));
  }
  const auto lines = lines_of(file);
  REQUIRE(lines.size() == 6);
  ChainReader reader;
  for (const std::string& line : lines) CHECK_FALSE(reader.next(line));
  CHECK(checkpoints_of(lines, setup.key->public_key()) == std::vector<std::uint64_t>{3, 6});
  CHECK(contains(lines[0], "{\"class_uid\":6003,"));
}

TEST_CASE("the key of a log is made under state and a folder that takes none is a fault") {
  const Folder folder;
  ssmgate::config::Audit audit;
  audit.sinks.push_back({ssmgate::config::AuditSink::Type::file, folder.path / "audit.jsonl"});
  CHECK(std::holds_alternative<std::unique_ptr<AuditLog>>(
      open_audit_log(audit, folder.path / "state")));
  CHECK(fs::exists(folder.path / "state" / "audit.pub"));
  const auto refused = open_audit_log(audit, "/proc/nowhere");
  REQUIRE(std::holds_alternative<SinkFault>(refused));
  CHECK(std::get<SinkFault>(refused).text.find("/proc/nowhere") != std::string::npos);
}
