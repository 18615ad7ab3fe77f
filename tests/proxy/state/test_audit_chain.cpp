#include <doctest/doctest.h>

#include <utility>

#include "audit_fixture.hpp"
#include "state/audit_chain.hpp"

using namespace ssmgate::state;
using Break = ChainReader::Break;

namespace {

std::vector<std::string> chain_of(int count) {
  std::vector<std::string> lines;
  ChainEnd end;
  for (int i = 1; i <= count; ++i) {
    std::string line = chained_line("\"n\":" + std::to_string(i), end);
    end = advanced(end, line);
    line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

std::optional<ChainReader::Fault> first_fault(const std::vector<std::string>& lines) {
  ChainReader reader;
  for (const std::string& line : lines) {
    if (auto fault = reader.next(line)) return fault;
  }
  return std::nullopt;
}

void check_fault(const std::vector<std::string>& lines, Break what, std::uint64_t seq,
                 std::uint64_t count = 1) {
  const auto fault = first_fault(lines);
  REQUIRE(fault);
  CHECK(static_cast<int>(fault->what) == static_cast<int>(what));
  CHECK(fault->seq == seq);
  CHECK(fault->count == count);
}

}  // namespace

TEST_CASE("a whole chain has no fault and the reader knows its end") {
  const auto lines = chain_of(5);
  ChainReader reader;
  for (const std::string& line : lines) CHECK_FALSE(reader.next(line));
  CHECK(reader.lines() == 5);
  CHECK(reader.first_seq() == 1);
  CHECK(reader.end().seq == 5);
  CHECK(reader.end().hash == sha256_hex(lines[4]));
}

TEST_CASE("a part of a chain is whole too") {
  auto lines = chain_of(5);
  const std::string before = sha256_hex(lines[1]);
  lines.erase(lines.begin(), lines.begin() + 2);
  CHECK_FALSE(first_fault(lines));
  ChainReader reader;
  static_cast<void>(reader.next(lines[0]));
  CHECK(reader.first_seq() == 3);
  CHECK(reader.first_prev() == before);
}

TEST_CASE("what was done to a chain is named with the first record at fault") {
  auto lines = chain_of(6);
  SUBCASE("changed") {
    lines[2].insert(1, " ");
    check_fault(lines, Break::changed, 3);
  }
  SUBCASE("removed") {
    lines.erase(lines.begin() + 2, lines.begin() + 4);
    check_fault(lines, Break::removed, 3, 2);
  }
  SUBCASE("inserted") {
    lines.insert(lines.begin() + 3, lines[2]);
    check_fault(lines, Break::inserted, 3);
  }
  SUBCASE("put further down") {
    lines.push_back(lines[2]);
    check_fault(lines, Break::reordered, 3);
  }
  SUBCASE("a number of its own choice") {
    const std::size_t at = lines[5].find("\"seq\":6");
    lines[5].replace(at, 7, "\"seq\":9");
    check_fault(lines, Break::changed, 9);
  }
  SUBCASE("another chain behind it") {
    const auto other = chain_of(2);
    lines.insert(lines.end(), other.begin(), other.end());
    check_fault(lines, Break::restarted, 1);
  }
  SUBCASE("no record") {
    lines[2] = "what is this";
    check_fault(lines, Break::unreadable, 3);
  }
}

TEST_CASE("only what ends as a record does has a place in the chain") {
  const std::string hash(64, 'a');
  const std::string line = "{\"n\":1,\"seq\":12,\"prev\":\"" + hash + "\"}";
  const auto good = find_link(line);
  REQUIRE(good);
  CHECK(good->seq == 12);
  CHECK(good->prev == hash);
  CHECK(find_link("{\"n\":1,\"seq\":1}"));
  CHECK(find_link("{\"n\":1,\"unmapped\":{\"a\":1,\"seq\":1}}"));
  for (const std::string& wrong :
       {std::string(), std::string("{}"), std::string("\"seq\":1}"), std::string("{\"seq\":1}"),
        std::string("{\"n\":1,\"seq\":0}"), std::string("{\"n\":1,\"seq\":01}"),
        std::string("{\"n\":1,\"seq\":-1}"), std::string("{\"n\":1,\"seq\":1"),
        std::string("{\"n\":1,\"seq\":1}}}"), std::string("{\"n\":1,\"seq\":1} "),
        std::string("{\"n\":1,\"seq\":99999999999999999999}"),
        "{\"n\":1,\"seq\":2,\"prev\":\"" + hash.substr(1) + "\"}",
        "{\"n\":1,\"seq\":2,\"prev\":\"" + std::string(64, 'A') + "\"}",
        "{\"n\":1,\"seq\":2,\"prev\":\"" + hash + "}",
        std::string("{\"message\":\"\\\"seq\\\":5}\"}")}) {
    INFO(wrong);
    CHECK_FALSE(find_link(wrong));
  }
}
