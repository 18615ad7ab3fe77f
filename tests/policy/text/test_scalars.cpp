// tests/golden/yaml/scalars.jsonl: spellings of scalars with what two other readers make of them
// (make.py there). What this one reads, it reads as they do.
#include <doctest/doctest.h>

#include <fstream>

#include <boost/json.hpp>

#include "ssmgate/text/tree.hpp"

using namespace ssmgate;
namespace json = boost::json;

namespace {

json::value as_json(const TreeNode& node) {
  if (node.kind == TreeNode::Kind::null) return nullptr;
  if (node.kind == TreeNode::Kind::sequence) {
    json::array out;
    for (const TreeNode& item : node.items) out.push_back(as_json(item));
    return out;
  }
  if (node.kind != TreeNode::Kind::mapping) return json::string(node.scalar);
  json::object out;
  for (const TreeEntry& entry : node.entries) out[entry.key] = as_json(entry.value);
  return out;
}

}  // namespace

TEST_CASE("no scalar is read otherwise than by other readers of YAML") {
  std::ifstream in(SSMGATE_TEST_DATA "/golden/yaml/scalars.jsonl", std::ios::binary);
  int read = 0;
  int refused_by_all = 0;
  int refused_here = 0;
  for (std::string line; std::getline(in, line);) {
    const json::object expected = json::parse(line).as_object();
    const std::string yaml(expected.at("yaml").as_string());
    CAPTURE(yaml);
    Diagnostics diagnostics;
    const auto tree = parse_tree(yaml, diagnostics);
    const bool good = tree && !has_errors(diagnostics);
    const json::value* value = expected.if_contains("value");
    if (value == nullptr) {
      CHECK_FALSE(good);
      ++refused_by_all;
    } else if (good) {
      CHECK(as_json(*tree) == *value);
      ++read;
    } else {
      ++refused_here;  // text/misread.hpp, or an empty key
    }
  }
  CHECK(read > 1500);
  CHECK(refused_by_all > 1000);
  CHECK(refused_here < read / 5);
}

TEST_CASE("a plain value may begin with a colon inside brackets") {
  struct Case {
    std::string_view yaml, first;
  };
  for (const Case& c :
       {Case{"[::1]", "::1"}, Case{"[ ::/0 ]", "::/0"}, Case{"[a, ::1]", "a"},
        Case{"[\n  ::1,\n  b]", "::1"}, Case{"[[::1]]", ""}, Case{"[::1 # c\n]", "::1"},
        Case{"[:a:b]", ":a:b"}, Case{"[\"x\", ::1]", "x"}, Case{"[::1, \"\\uE000\"]", "::1"},
        Case{"[::1, \"\xEE\x80\x80\"]", "::1"}}) {
    CAPTURE(c.yaml);
    Diagnostics diagnostics;
    const auto tree = parse_tree(c.yaml, diagnostics);
    REQUIRE(tree);
    REQUIRE(diagnostics.empty());
    CHECK(tree->items.front().scalar == c.first);
  }
  Diagnostics none;
  const auto adjacent = parse_tree("{\"a\":::1, 'b' :::2, \"c\"::d, e: [ ::3]}", none);
  REQUIRE(adjacent);
  REQUIRE(none.empty());
  CHECK(adjacent->find("a")->scalar == "::1");
  CHECK(adjacent->find("b")->scalar == "::2");
  CHECK(adjacent->find("c")->scalar == ":d");
  CHECK(adjacent->find("e")->items[0].scalar == "::3");
  CHECK(adjacent->find("e")->items[0].where == Position{1, 34});
  // What YAML takes for an escape keeps its character.
  const auto escaped = parse_tree("[::1, \"\\uE000\"]", none);
  REQUIRE(escaped);
  CHECK(escaped->items[1].scalar == "\xEE\x80\x80");
}
