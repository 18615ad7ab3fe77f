#include <doctest/doctest.h>

#include <array>

#include "ssmgate/text/fields.hpp"

using namespace ssmgate;

namespace {
constexpr std::array<std::string_view, 5> kKnown = {"users", "hosts", "ports", "not_before", "id"};
}

TEST_CASE("the nearest word is the one a person meant or none") {
  CHECK(find_nearest_word("user", kKnown) == "users");
  CHECK(find_nearest_word("Hosts", kKnown) == "hosts");
  CHECK(find_nearest_word("hsots", kKnown) == "hosts");
  CHECK(find_nearest_word("prots", kKnown) == "ports");
  CHECK(find_nearest_word("not-before", kKnown) == "not_before");
  CHECK(find_nearest_word("description", kKnown).empty());
  CHECK(find_nearest_word("x", kKnown).empty());
  CHECK(find_nearest_word("", kKnown).empty());
  CHECK(find_nearest_word(std::string(1'000'000, 'u'), kKnown).empty());
}

TEST_CASE("unknown keys are all reported with a hint") {
  Diagnostics diagnostics;
  const auto tree = parse_tree("users: a\nprots: b\nsomething_else: c\n", diagnostics);
  REQUIRE(tree);
  report_unknown_keys(*tree, kKnown, "an allow rule", diagnostics);
  REQUIRE(diagnostics.size() == 2);
  CHECK(render_diagnostic("f", diagnostics[0]) ==
        "f:2:1: error: unknown key `prots` in an allow rule; did you mean `ports`?");
  CHECK(render_diagnostic("f", diagnostics[1]) ==
        "f:3:1: error: unknown key `something_else` in an allow rule; known keys are `users`, "
        "`hosts`, `ports`, `not_before` and `id`");
}
