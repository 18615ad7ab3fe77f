#include <doctest/doctest.h>

#include "ssmgate/tools/callers.hpp"

using namespace ssmgate;
using tools::find_rules_for_nobody;
using tools::KnownOfCallers;
using Ids = std::vector<std::string>;

TEST_CASE("rules for users hold for nobody where nobody is known") {
  const LoadedPolicy loaded = load_policy(R"(version: 1
groups: {db: [carol]}
allow:
  - {id: all, documents: [Acme-Shell]}
  - {id: alice, users: [alice], documents: [Acme-Shell]}
  - {id: group, users: ["@db"], documents: [Acme-Shell]}
  - {id: bob, users: ["unix:bob"], documents: [Acme-Shell]}
  - {id: either, users: [alice, "unix:%ops"], documents: [Acme-Shell]}
  - {id: known, users: any, documents: [Acme-Shell]}
deny:
  - {id: mallory, users: [mallory]}
)");
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    CAPTURE(render_diagnostic("p", diagnostic));
    CHECK(diagnostic.text.empty());
  }
  REQUIRE(loaded.policy);
  CHECK(find_rules_for_nobody(*loaded.policy, {false, false}) ==
        Ids{"mallory", "alice", "group", "bob", "either", "known"});
  CHECK(find_rules_for_nobody(*loaded.policy, {true, false}) == Ids{"bob"});
  CHECK(find_rules_for_nobody(*loaded.policy, {false, true}) == Ids{"mallory", "alice", "group"});
  CHECK(find_rules_for_nobody(*loaded.policy, {true, true}).empty());
}
