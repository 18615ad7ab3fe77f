// `ssmgate check --print`: one style for what a file says, which reads as the same again.
#include <doctest/doctest.h>

#include "ssmgate/rules/policy.hpp"
#include "ssmgate/tools/render_yaml.hpp"
#include "support/golden.hpp"
#include "support/same_tree.hpp"

using namespace ssmgate;
using namespace ssmgate::test;

namespace {

std::string rendered(std::string_view text) {
  Diagnostics diagnostics;
  const auto tree = parse_tree(text, diagnostics);
  REQUIRE(tree.has_value());
  REQUIRE_FALSE(has_errors(diagnostics));
  return tools::render_yaml(*tree);
}

// The rendering of `text`, which reads as the same tree.
std::string round_trip(std::string_view text) {
  const std::string once = rendered(text);
  Diagnostics diagnostics;
  const auto before = parse_tree(text, diagnostics);
  const auto after = parse_tree(once, diagnostics);
  CAPTURE(once);
  REQUIRE(after.has_value());
  CHECK_FALSE(has_errors(diagnostics));
  CHECK(same_tree(*before, *after));
  CHECK(rendered(once) == once);
  return once;
}

}  // namespace

TEST_CASE("a policy is written in one style") {
  CHECK(round_trip(
            "# a comment\n"
            "{version: 1, groups: {dba: [alice, 'b c']}, allow: [{id: a, ports: [22, '22', 1-2],\n"
            "hours: {from: '09:00'}}, {id: b, documents: Doc, parameters: {}}], deny: []}\n") ==
        "version: 1\n"
        "groups:\n"
        "  dba: [alice, \"b c\"]\n"
        "allow:\n"
        "  - id: a\n"
        "    ports: [22, \"22\", \"1-2\"]\n"
        "    hours:\n"
        "      from: \"09:00\"\n"
        "  - id: b\n"
        "    documents: Doc\n"
        "    parameters: {}\n"
        "deny: []\n");
}

TEST_CASE("text that YAML could take for something else is quoted") {
  CHECK(round_trip("a: 'true'\n") == "a: \"true\"\n");
  CHECK(round_trip("a: yes\n") == "a: \"yes\"\n");
  CHECK(round_trip("a: True\n") == "a: True\n");
  CHECK(round_trip("a: ~\n") == "a: null\n");
  CHECK(round_trip("a: '~'\n") == "a: \"~\"\n");
  CHECK(round_trip("a: 0x1F\n") == "a: 0x1F\n");
  CHECK(round_trip("a: 2026-01-01\n") == "a: \"2026-01-01\"\n");
  CHECK(round_trip("a: 'x: y # z'\n") == "a: \"x: y # z\"\n");
  CHECK(round_trip("a: \"\\\"\\\\\\n\\t\\a\\u2028\\U0001F600\"\n") ==
        "a: \"\\\"\\\\\\n\\u0009\\u0007\\u2028\xF0\x9F\x98\x80\"\n");
  CHECK(round_trip("'<<': 1\n") == "\"<<\": 1\n");
  CHECK(round_trip("a: |\n  two\n  lines\n") == "a: \"two\\nlines\\n\"\n");
}

TEST_CASE("lists in lists and long keys") {
  CHECK(round_trip("[[a, [b]], {c: [[d]]}, []]\n") ==
        "- - a\n"
        "  - [b]\n"
        "- c:\n"
        "    - [d]\n"
        "- []\n");
  CHECK(round_trip("a\n") == "a\n");
  CHECK(round_trip("") == "null\n");
  const std::string key(1500, 'k');
  CHECK(round_trip("? " + key + "\n: {a: [{b: c}]}\n") == "? " + key + "\n:\n  a:\n    - b: c\n");
}

TEST_CASE("every policy that loads is the same policy when it is written out") {
  std::size_t loaded = 0;
  for (const char* folder : {"policies", "decide", "policy-test"}) {
    for (const auto& path : golden_files(folder, ".yaml")) {
      const std::string text = read_file(path);
      const LoadedPolicy before = load_policy(text);
      if (before.policy == nullptr) continue;
      CAPTURE(path);
      CHECK(load_policy(round_trip(text)).policy != nullptr);
      ++loaded;
    }
  }
  CHECK(loaded >= 15);
}
