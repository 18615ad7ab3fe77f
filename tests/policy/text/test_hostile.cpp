// Files that are made to cost: refused, or read, with work that is bounded by their size. Work is
// counted in allocations, not in time, so that a slow machine says the same.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "ssmgate/rules/policy.hpp"
#include "ssmgate/text/tree.hpp"

namespace {
std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> allocated{0};
}  // namespace

// Counts for the whole test program.
void* operator new(std::size_t size) {
  ++allocations;
  allocated += size;
  if (void* made = std::malloc(size == 0 ? 1 : size)) return made;
  throw std::bad_alloc();
}
void operator delete(void* made) noexcept {
  std::free(made);
}
void operator delete(void* made, std::size_t) noexcept {
  std::free(made);
}

using namespace ssmgate;

namespace {

constexpr std::size_t kMiB = 1024 * 1024;

struct Cost {
  std::size_t allocations = 0;
  std::size_t bytes = 0;
  Diagnostics diagnostics;
};

Cost cost_of_loading(std::string_view text) {
  const std::size_t calls = allocations;
  const std::size_t bytes = allocated;
  LoadedPolicy loaded = load_policy(text);
  CHECK(loaded.policy == nullptr);
  return {allocations - calls, allocated - bytes, std::move(loaded.diagnostics)};
}

std::string fill(std::string_view piece, std::size_t size) {
  std::string out;
  out.reserve(size);
  while (out.size() + piece.size() <= size) out += piece;
  return out;
}

}  // namespace

TEST_CASE("a MiB of openings are refused at the first that is too deep") {
  for (const std::string_view piece : {"[", "{", "- ", "? ", "[[", "{a: ", "[{", "- - "}) {
    CAPTURE(piece);
    const Cost cost = cost_of_loading(fill(piece, kMiB));
    REQUIRE(cost.diagnostics.size() == 1);
    CHECK(cost.diagnostics[0].where.line == 1);
    CHECK(cost.diagnostics[0].where.column <= 80);
    CHECK(cost.allocations < 1000);
    CHECK(cost.bytes < 2 * kMiB);
  }
}

TEST_CASE("a quarter MiB of one token is refused or read without a step for each byte") {
  for (const std::string_view piece :
       {"\"",    "'",    "a",   "a ",   "#",   "\n",  " ",   "\t",   "!",       "&",
        "*",     "|",    ">",   "%",    "@",   "]",   ":",   "a: ",  "\\",      "---\n",
        "...\n", "? \n", "#\n", "\r\n", "&a ", "!a ", "*a ", "a:\n", "\xC3\xA9"}) {
    CAPTURE(piece);
    const Cost cost = cost_of_loading(fill(piece, kMiB / 4));
    CHECK(cost.diagnostics.size() <= 10'001);
    REQUIRE_FALSE(cost.diagnostics.empty());
    CHECK(cost.allocations < 100'000);
    CHECK(cost.bytes < 16 * kMiB);
  }
}

TEST_CASE("a billion laughs do not start") {
  std::string text = "version: 1\na: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    text += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 9; ++i) text += std::string(i > 0 ? ", *" : "*") + static_cast<char>(c - 1);
    text += "]\n";
  }
  const Cost cost = cost_of_loading(text);
  CHECK(cost.diagnostics.size() < 600);
  CHECK(cost.bytes < kMiB);
}

TEST_CASE("faults by the hundred thousand are told of up to a number") {
  const Cost cost = cost_of_loading("version: 1\nallow: [" + fill("1,", kMiB / 4) + "]\n");
  CHECK(cost.diagnostics.size() == 10'001);
  CHECK(cost.diagnostics.back().text.find("more than 10,000 faults") != std::string::npos);
}

TEST_CASE("large groups in many rules are refused before they are written out") {
  std::string text = "version: 1\ngroups:\n  g: [u0";
  for (int i = 1; i < 50'000; ++i) text += ",u" + std::to_string(i);
  text += "]\nallow:\n";
  for (int i = 0; i < 20'000; ++i) {
    text += "  - {id: a" + std::to_string(i) + ", documents: Doc, users: \"@g\"}\n";
  }
  const Cost cost = cost_of_loading(text);
  REQUIRE(cost.diagnostics.size() == 1);
  CHECK(cost.diagnostics[0].text.find("more than 1,000,000 members") != std::string::npos);
  CHECK(cost.bytes < 512 * kMiB);
}
