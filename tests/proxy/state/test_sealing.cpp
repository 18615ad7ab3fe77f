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

// What the checkpoints say, and which of them tell of damage.
std::vector<std::string> said_in(const fs::path& file) {
  std::vector<std::string> found;
  for (const std::string& line : lines_of(file)) {
    const auto checkpoint = parse_checkpoint(line);
    if (!checkpoint || checkpoint->message.empty()) continue;
    found.push_back((checkpoint->decision.empty() ? "" : checkpoint->decision + ": ") +
                    checkpoint->message);
  }
  return found;
}
// Lines that do not follow the one before.
int check_links(const std::vector<std::string>& lines) {
  ChainReader reader;
  int breaks = 0;
  for (const std::string& line : lines) breaks += reader.next(line) ? 1 : 0;
  return breaks;
}

// So many lines behind record `seq`, the first with whatever `prev`.
void forge(const fs::path& file, std::uint64_t seq, std::string prev, int count) {
  std::ofstream out(file, std::ios::trunc);
  ChainEnd end{seq, std::move(prev), false};
  for (int i = 0; i < count; ++i) {
    const std::string line = chained_line("\"user\":\"forged\"", end);
    out << line;
    end = advanced(end, line);
  }
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

TEST_CASE("a log that is cut while the gateway runs is not taken for its own") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const Sealing setup = sealing_in(folder.path / "state");
  {
    const auto sink = open_signed(file, setup);
    for (int i = 0; i < 5; ++i) CHECK(sink->write("\"n\":1"));
    shorten(file, 2);
    CHECK(sink->write("\"n\":2"));
    CHECK(sink->write("\"n\":3"));
  }
  CHECK(said_in(file) ==
        std::vector<std::string>{"error: the log ended with record 2, but record 5 was written: "
                                 "its end was cut off"});
  const auto lines = lines_of(file);
  REQUIRE(lines.size() == 6);
  // The gap shows, and the numbers go on.
  CHECK(check_links(lines) == 1);
  CHECK(find_link(lines[2])->seq == 6);
  CHECK(find_link(lines[5])->seq == 9);
  CHECK(found_in(file, setup).empty());
}

TEST_CASE("a log that is emptied or deleted while the gateway runs") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const fs::path copy = folder.path / "copy";
  const Sealing setup = sealing_in(folder.path / "state");
  const char* expected = nullptr;
  {
    const auto sink = open_signed(file, setup);
    for (int i = 0; i < 3; ++i) CHECK(sink->write("\"n\":1"));
    fs::copy(file, copy);
    SUBCASE("emptied") {
      fs::resize_file(file, 0);
      expected = "error: the log was emptied: the records up to 3 are gone from it";
    }
    SUBCASE("deleted") {
      fs::remove(file);
      expected = "error: the log was deleted: the records up to 3 are gone, unless there is a copy";
    }
    CHECK(sink->write("\"n\":2"));
  }
  CHECK(said_in(file) == std::vector<std::string>{expected});
  auto lines = lines_of(copy);
  for (const std::string& line : lines_of(file)) lines.push_back(line);
  check_chain(lines);
}

TEST_CASE("a log that is written anew while the gateway runs") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const Sealing setup = sealing_in(folder.path / "state");
  std::string expected;
  {
    const auto sink = open_signed(file, setup);
    for (int i = 0; i < 3; ++i) CHECK(sink->write("\"n\":1"));
    SUBCASE("in its place") {
      forge(file, 0, "", 7);
      expected = "the log was written anew: record 3 does not stand where it was written";
    }
    SUBCASE("with another in its place") {
      fs::rename(file, folder.path / "hidden");
      forge(file, 0, "", 7);
      expected = "the log was written anew: it lacks record 3, the last that was written";
    }
    SUBCASE("with another that pretends to follow") {
      fs::rename(file, folder.path / "hidden");
      forge(file, 3, std::string(64, 'a'), 2);
      expected = "the log was written anew: it does not follow record 3, the last that was written";
    }
    SUBCASE("with another that begins later") {
      fs::rename(file, folder.path / "hidden");
      forge(file, 8, std::string(64, 'a'), 2);
      expected =
          "the log begins with record 9, and nothing shows that it follows record 3, the last that "
          "was written";
    }
    SUBCASE("with another that holds no record") {
      fs::rename(file, folder.path / "hidden");
      std::ofstream(file) << "nothing\n";
      expected = "the log does not begin with a record";
    }
    CHECK(sink->write("\"n\":2"));
  }
  CHECK(said_in(file) == std::vector<std::string>{"error: " + expected});
}

TEST_CASE("rotation and gateways that share a log are no news") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const Sealing setups[] = {sealing_in(folder.path / "one"), sealing_in(folder.path / "two")};
  std::vector<std::string> lines;
  {
    const auto one = open_signed(file, setups[0]);
    const auto two = open_signed(file, setups[1]);
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 4; ++i) {
        CHECK(one->write("\"from\":1"));
        if (i % 2 == 0) CHECK(two->write("\"from\":2"));
      }
      const fs::path moved = folder.path / ("audit.jsonl." + std::to_string(round));
      fs::rename(file, moved);
      one->reopen();
      two->reopen();
      CHECK(said_in(moved).empty());
      for (const std::string& line : lines_of(moved)) lines.push_back(line);
    }
  }
  CHECK(said_in(file).empty());
  for (const std::string& line : lines_of(file)) lines.push_back(line);
  check_chain(lines);
  CHECK(parse_checkpoint(lines_of(file).front()));
  for (const Sealing& setup : setups) CHECK(found_in(file, setup).empty());
}

TEST_CASE("a log that was forged while the gateway was down") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const Sealing setup = sealing_in(folder.path / "state");
  write_log(file, setup, 3);
  const std::string last = lines_of(file).back();
  std::string expected;
  SUBCASE("what follows the signed record was rotated in between") {
    forge(file, 4, sha256_hex(last), 2);
  }
  SUBCASE("it pretends to follow") {
    forge(file, 4, std::string(64, 'a'), 3);
    expected = "the log was written anew: it does not follow record 4, the last that was signed";
  }
  SUBCASE("it begins later") {
    forge(file, 5, std::string(64, 'a'), 3);
    expected =
        "the log begins with record 6, and nothing shows that it follows record 4, the last that "
        "was signed";
  }
  SUBCASE("from the beginning") {
    forge(file, 0, "", 9);
    expected = "the log was written anew: it lacks record 4, the last that was signed";
  }
  static_cast<void>(found_in(file, setup));
  CHECK(said_in(file) == (expected.empty() ? std::vector<std::string>{}
                                           : std::vector<std::string>{"error: " + expected}));
}

TEST_CASE("what a checkpoint says is signed") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const Sealing setup = sealing_in(folder.path / "state");
  write_log(file, setup, 3);
  shorten(file, 2);
  const auto checkpoint = parse_checkpoint(found_in(file, setup));
  REQUIRE(checkpoint);
  CHECK(checkpoint->decision == "error");
  const auto holds = [&](const Checkpoint& changed) {
    return verify(changed, setup.key->public_key());
  };
  CHECK(holds(*checkpoint));
  Checkpoint changed = *checkpoint;
  changed.message.clear();
  CHECK_FALSE(holds(changed));
  changed.decision.clear();
  CHECK_FALSE(holds(changed));
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
  const std::string said = found_in(file, setup);
  CHECK(contains(said, "\"decision\":\"error\""));
  CHECK(contains(said, "the checkpoint that was kept is not what this gateway's key signed"));
}

TEST_CASE("a key that is gone is replaced and the log says so") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  Sealing setup = sealing_in(folder.path / "state");
  write_log(file, setup, 3);
  fs::remove(folder.path / "state" / "audit.key");
  const std::string before = setup.key->id();
  setup = sealing_in(folder.path / "state");
  CHECK(setup.key->id() != before);
  const std::string said = found_in(file, setup);
  CHECK_FALSE(contains(said, "\"decision\""));
  CHECK(contains(said, "a new audit.key signs from here on: that of before is gone"));
  CHECK(check_links(lines_of(file)) == 0);
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
