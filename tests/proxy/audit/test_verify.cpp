// Whatever is done to a chain but to its end, it shows, and the first record at fault is named.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "audit/verify.hpp"
#include "proxy/audit/audit_lines.hpp"

using namespace ssmgate::audit;

namespace {

using Lines = std::vector<std::string>;

ChainReport verify(const std::vector<Lines>& files, std::string_view torn = "") {
  Verifier verifier;
  for (const Lines& lines : files) {
    verifier.begin_file();
    std::uint64_t number = 0;
    for (const std::string& line : lines) verifier.take(Line{line, ++number, true, false});
    const bool last = &lines == &files.back();
    if (last && !torn.empty()) verifier.take(Line{torn, ++number, false, false});
  }
  return verifier.finish();
}

// DAMAGE of the record SEQ at LINE.
std::string told(const ChainReport& report) {
  if (!report.fault) return "intact";
  return std::string(name(report.fault->damage)) + " " + std::to_string(report.fault->where.seq) +
         " at " + std::to_string(report.fault->where.line);
}

std::string changed(std::string line) {
  const std::size_t at = line.find("line ");
  line[at] = 'L';
  return line;
}

Lines slice(const Lines& lines, std::size_t from, std::size_t to) {
  return {lines.begin() + static_cast<std::ptrdiff_t>(from),
          lines.begin() + static_cast<std::ptrdiff_t>(to)};
}

}  // namespace

TEST_CASE("a chain is whole over files, restarts and a torn end") {
  const Lines lines = lines_of_chain(9);
  ChainReport report = verify({lines}, "{\"time\":\"2026-");
  CHECK(told(report) == "intact");
  CHECK(report.records == 9);
  CHECK(report.first->seq == 1);
  CHECK(report.last->seq == 9);
  CHECK(report.last->time == "2026-11-23T10:00:08.000Z");
  CHECK_FALSE(report.starts_midway);
  REQUIRE(report.torn.size() == 1);
  CHECK(report.torn[0].line == 10);

  report = verify({slice(lines, 2, 5), {}, slice(lines, 5, 9)});
  CHECK(told(report) == "intact");
  CHECK(report.starts_midway);
  CHECK(report.last->file == 2);
  CHECK(report.last->line == 4);
  CHECK(told(verify({})) == "intact");
}

TEST_CASE("every record that was changed is named, whatever was changed") {
  const Lines lines = lines_of_chain(7);
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    CAPTURE(i);
    const std::string number = std::to_string(i + 1);
    const std::string want = "changed " + number + " at " + number;
    Lines other = lines;
    other[i] = changed(lines[i]);
    CHECK(told(verify({other})) == want);
    other[i] = lines[i].substr(0, 40);
    CHECK(told(verify({other})) == "changed 0 at " + number);
    other[i] = lines[i] + " ";
    CHECK(told(verify({other})) == "changed 0 at " + number);
  }
  Lines first = lines;
  first[0].replace(first[0].find("\"start\""), 7, "\"stop\"");
  CHECK(told(verify({first})) == "changed 1 at 1");
  // A last record's own number is still held against the one before.
  Lines last = lines;
  last[6].replace(last[6].find("\"seq\":7"), 7, "\"seq\":8");
  CHECK(told(verify({last})) == "changed 8 at 7");
}

TEST_CASE("removed records are counted") {
  const Lines lines = lines_of_chain(8);
  for (std::size_t from = 1; from < 7; ++from) {
    for (std::size_t to = from + 1; to < 8; ++to) {
      Lines other = slice(lines, 0, from);
      other.insert(other.end(), lines.begin() + static_cast<std::ptrdiff_t>(to), lines.end());
      const ChainReport report = verify({other});
      CHECK(told(report) ==
            "removed " + std::to_string(to + 1) + " at " + std::to_string(from + 1));
      CHECK(report.breaks == 1);
      const std::string count = from + 1 == to ? "record " + std::to_string(to) + " is missing"
                                               : "records " + std::to_string(from + 1) + " to " +
                                                     std::to_string(to) + " are missing";
      CHECK(report.fault->text.find(count) == 0);
    }
  }
}

TEST_CASE("an inserted record is told from one that was moved") {
  const Lines lines = lines_of_chain(8);
  for (std::size_t at = 1; at < 8; ++at) {
    const auto place = static_cast<std::ptrdiff_t>(at);
    for (const std::string& foreign : {std::string("{\"event\":\"stop\",\"seq\":4}"),
                                       std::string("noise"), std::string(), changed(lines[5])}) {
      Lines other = lines;
      other.insert(other.begin() + place, foreign);
      CAPTURE(foreign);
      CAPTURE(at);
      const ChainReport report = verify({other});
      REQUIRE(report.fault);
      // A changed copy of record 6 in front of it takes its place, and the true one follows.
      CHECK(report.fault->damage == Damage::inserted);
      CHECK(report.fault->where.line ==
            (foreign == changed(lines[5]) && at == 5 ? at + 2 : at + 1));
    }
  }
  Lines copied = lines;
  copied.insert(copied.begin() + 5, lines[1]);
  CHECK(told(verify({copied})) == "inserted 2 at 6");
}

TEST_CASE("records in another order are named") {
  const Lines lines = lines_of_chain(8);
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    Lines other = lines;
    std::swap(other[i], other[i + 1]);
    CAPTURE(i);
    const ChainReport report = verify({other});
    CHECK(told(report) == "reordered " + std::to_string(i + 2) + " at " + std::to_string(i + 1));
  }
  Lines moved = lines;
  std::rotate(moved.begin() + 2, moved.begin() + 5, moved.begin() + 7);
  CHECK(told(verify({moved})) == "reordered 6 at 3");
}

TEST_CASE("files in the wrong order, and another chain behind this one") {
  const Lines lines = lines_of_chain(8);
  const ChainReport swapped = verify({slice(lines, 4, 8), slice(lines, 0, 4)});
  REQUIRE(swapped.fault);
  CHECK(swapped.fault->damage == Damage::moved);
  CHECK(told(verify({lines, lines_of_chain(3)})) == "new-chain 1 at 1");
  CHECK(told(verify({{lines[3].substr(0, lines[3].find(",\"prev\"")) + "}"}})) == "changed 4 at 1");
}

TEST_CASE("one random change to a chain never goes unseen") {
  std::mt19937 random(7);
  const auto below = [&](std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
  };
  const Lines lines = lines_of_chain(12);
  for (int round = 0; round < 2000; ++round) {
    Lines other = lines;
    const std::size_t at = below(11);
    const std::size_t to = below(11);
    switch (below(4)) {
      case 0: {
        char& byte = other[at][below(other[at].size())];
        byte = static_cast<char>(byte ^ (1 << below(7)));
        break;
      }
      case 1: other.erase(other.begin() + static_cast<std::ptrdiff_t>(at == 0 ? 1 : at)); break;
      case 2: other.insert(other.begin() + static_cast<std::ptrdiff_t>(at + 1), lines[to]); break;
      default: std::swap(other[at], other[to]);
    }
    if (other == lines) continue;
    CAPTURE(round);
    const ChainReport report = verify({other});
    REQUIRE(report.fault);
    CHECK(report.breaks > 0);
    CHECK(report.fault->where.line >= 1);
    CHECK(report.fault->where.line <= other.size());
  }
}
