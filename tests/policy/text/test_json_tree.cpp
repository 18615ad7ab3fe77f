#include <doctest/doctest.h>

#include "ssmgate/text/json_tree.hpp"

using namespace ssmgate;
using Kind = TreeNode::Kind;

namespace {

std::string first_fault(std::string_view text) {
  Diagnostics diagnostics;
  (void)parse_json_tree(text, diagnostics);
  return diagnostics.empty() ? "" : render_diagnostic("f", diagnostics.front());
}

}  // namespace

TEST_CASE("every key and value of a JSON text knows its kind and its place") {
  const std::string text =
      "{\n  \"\xC3\xA9\": [1, -2.5e3, true, null, \"a\\\"}\"], \"b\" : {\"c\":\"\\u00e9\"} }\n";
  Diagnostics diagnostics;
  const auto root = parse_json_tree(text, diagnostics);
  REQUIRE(root);
  CHECK(diagnostics.empty());
  CHECK(root->kind == Kind::mapping);
  CHECK(root->where == Position{1, 1});
  REQUIRE(root->entries.size() == 2);
  CHECK(root->entries[0].where == Position{2, 3});
  const TreeNode& list = root->entries[0].value;
  REQUIRE(list.items.size() == 5);
  CHECK(list.where == Position{2, 8});
  CHECK(list.items[0].kind == Kind::integer);
  CHECK(list.items[0].scalar == "1");
  CHECK(list.items[1].kind == Kind::floating);
  CHECK(list.items[1].scalar == "-2.5e3");
  CHECK(list.items[2].kind == Kind::boolean);
  CHECK(list.items[3].kind == Kind::null);
  CHECK(list.items[4].where == Position{2, 32});
  CHECK(list.items[4].scalar == "a\"}");
  CHECK(list.items[4].quoted);
  CHECK(root->entries[1].where == Position{2, 41});
  CHECK(root->entries[1].value.find("c")->scalar == "\xC3\xA9");
}

TEST_CASE("a byte order mark before JSON is passed over") {
  Diagnostics diagnostics;
  CHECK(parse_json_tree("\xEF\xBB\xBF{}", diagnostics));
  CHECK(diagnostics.empty());
}

TEST_CASE("all duplicate keys are reported and the first counts") {
  Diagnostics diagnostics;
  const auto root = parse_json_tree("{\"a\": 1, \"\\u0061\": {\"b\": 1},\n\"a\": 3}", diagnostics);
  REQUIRE(root);
  CHECK(root->find("a")->scalar == "1");
  REQUIRE(diagnostics.size() == 2);
  CHECK(render_diagnostic("f", diagnostics[0]) ==
        "f:1:10: error: duplicate key `a`, first at line 1; remove one of the two");
  CHECK(diagnostics[1].where == Position{2, 1});
}

TEST_CASE("what is no JSON is told where it stops being JSON") {
  CHECK(first_fault("") == "f:1:1: error: the file is empty; write a JSON object");
  CHECK(first_fault("{\"a\": \n") ==
        "f:2:1: error: the JSON ends too early; close its brackets and quotes");
  CHECK(first_fault("{} {}") ==
        "f:1:4: error: something stands behind the JSON document; remove it");
  CHECK(first_fault("{\"a\": 1,}").starts_with("f:1:9: error: not JSON"));
  CHECK(first_fault("{\"a\": \"\xFF\"}").starts_with("f:1:8: error: not JSON"));
  CHECK(first_fault("// a\n{}").starts_with("f:1:1: error: not JSON"));
  CHECK(first_fault("{\"a\": \"\\u0000\"}") == "f:1:7: error: a NUL character; remove it");
  CHECK(first_fault("{\"\\u0000\": 1}") == "f:1:2: error: a NUL character; remove it");
  CHECK(first_fault(std::string(17, '[')) == "f:1:17: error: nested deeper than 16 levels");
  CHECK(first_fault(std::string(kMaxFileSize + 1, ' ')) ==
        "f:1:1: error: the file is larger than 4 MiB; split it");
}
