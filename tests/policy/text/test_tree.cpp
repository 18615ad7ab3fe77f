// The YAML subset: what is refused, where each fault points, and what a good tree looks like.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "ssmgate/text/tree.hpp"

using namespace ssmgate;

namespace {

std::string faults(std::string_view text) {
  Diagnostics diagnostics;
  (void)parse_tree(text, diagnostics);
  std::string out;
  for (const Diagnostic& d : diagnostics) {
    if (!out.empty()) out += '\n';
    out += render_diagnostic("f", d);
  }
  return out;
}

TreeNode good(std::string_view text) {
  Diagnostics diagnostics;
  auto tree = parse_tree(text, diagnostics);
  CAPTURE(text);
  REQUIRE_MESSAGE(diagnostics.empty(), render_diagnostic("f", diagnostics.front()));
  REQUIRE(tree);
  return std::move(*tree);
}

std::string repeat(std::string_view piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += piece;
  return out;
}

}  // namespace

TEST_CASE("what YAML readers disagree on is refused with a place and a hint") {
  struct Case {
    std::string_view text, want;
  };
  const Case cases[] = {
      {"a: &x b\n", "f:1:4: error: anchors are not supported (`&x`)"},
      {"a: [&x?y b]\n", "f:1:5: error: anchors are not supported (`&x?y`)"},
      {"a: &x b\nc: *x\n", "f:2:4: error: aliases are not supported"},
      {"hosts: [*.example.com]\n", "f:1:9: error: a value that begins with `*` is an alias"},
      {"hosts: [*]\n", "f:1:10: error: a value that begins with `*` is an alias"},
      {"a: \"it\\'s\"\n", "f:1:7: error: `\\'` is no escape of YAML"},
      {"a: \"b\\_c\"\n", "f:1:6: error: the escape `\\_` is not supported; write `\\u00A0`"},
      {"a: \"\\N\"\n", "f:1:5: error: the escape `\\N` is not supported; write `\\u0085`"},
      {"a: \"b\n\n  \"\n", "f:1:6: error: blank lines before the closing quote"},
      {"a: 'b\n\n  '\n", "f:1:6: error: blank lines before the closing quote"},
      {"a: >+\n  b\n\n", "f:1:4: error: `>+` is not supported; write `>`, or `|+`"},
      {"a: [b, , c]\n", "f:1:6: error: a value is missing here; remove the comma"},
      {"a: [,]\n", "f:1:4: error: a value is missing here; remove the comma"},
      {"a: ! b\n", "f:1:4: error: tags are not supported"},
      {"a: ! 'b'\n", "f:1:4: error: tags are not supported"},
      {"a: !!str 1\n", "f:1:4: error: tags are not supported"},
      {"a: !!seq [b]\n", "f:1:4: error: tags are not supported"},
      {"a: !!map {b: c}\n", "f:1:4: error: tags are not supported"},
      {"!!str a: b\n", "f:1:1: error: tags are not supported"},
      {"a: 1\nb: 2\na: 3\n", "f:3:1: error: duplicate key `a`, first at line 1"},
      {"{a: 1, \"\\x61\": 3}\n", "f:1:8: error: duplicate key `a`, first at line 1"},
      {"a: {b: 1, b: 2}\n", "f:1:11: error: duplicate key `b`"},
      {"<<: {a: b}\n", "f:1:1: error: merge keys are not supported"},
      {"1: a\n", "f:1:1: error: a key must be text, not a number; put it in quotes"},
      {"true: a\n", "f:1:1: error: a key must be text, not true or false"},
      {"~: a\n", "f:1:1: error: a key must be text, not nothing"},
      {": a\n", "f:1:1: error: a key is missing here"},
      {"b: c\na\n", "f:2:1: error: a key without a value; write `KEY: VALUE`"},
      {"? [a]\n: b\n", "f:1:3: error: a key must be text, not a list"},
      {"? {a: b}\n: b\n", "f:1:3: error: a key must be text, not a mapping"},
      {"a: 1\n---\nb: 2\n", "f:2:1: error: a second document"},
      {"a: 1\n...\nb: 2\n", "f:3:1: error: a second document"},
      {"a: 1\n---\n", "f:2:1: error: a second document"},
      {"[a] b\n", "f:1:5: error: a second document"},
      {"%YAML 1.2\n---\na: 1\n", "f:1:1: error: YAML directives are not supported"},
      {"a: 1\n%X\nb: 2\n", "f:2:1: error: YAML directives are not supported"},
      {"a:\n\tb: 1\n", "f:2:1: error: a tab as indentation"},
      {"a:\n  \tb: 1\n", "f:2:3: error: a tab as indentation"},
      {"users: [@dba]\n", "f:1:9: error: a value cannot begin with `@`; put the value in quotes"},
      {"a: `x`\n", "f:1:4: error: a value cannot begin with"},
      {"a: b: c\n", "f:1:5: error: a second `: ` where one value is expected"},
      {"a: \"b\nc: d\n", "f:1:4: error: the quotes are not closed"},
      {"a: 'b\nc: d\n", "f:1:4: error: the quotes are not closed"},
      {"a: 'b''\nc: d\n", "f:1:4: error: the quotes are not closed"},
      {"a: \"b\\\"\n", "f:1:4: error: the quotes are not closed"},
      {"a: [b\nc: d\n", "f:2:2: error: a `[` that is not closed"},
      {"a: [b", "error: a `[` that is not closed"},
      {"a: {b: 1", "error: a `{` that is not closed"},
      {"a: [x] y\n", "error: this does not continue the mapping above"},
      {"a: \"\\q\"\n", "error: `\\q` is no escape of YAML; write `\\\\` for a backslash"},
      {"a: \"\\xZZ\"\n", "error: an escape needs its digits"},
      {"a: \"\\ud800\"\n", "error: this escape is no character"},
      {"a: |x\n  b\n", "error: write a block of text as `|` or `>`"},
      {"a: |0\n  b\n", "error: write a block of text as `|` or `>`"},
      {"a: - b\n", "error: a list entry where none can stand"},
      {"a: b]\nc: ]\n", "error: a `]` or `}` that closes nothing"},
      {"a: \"b\n---\nc\"\n", "error: `---` or `...` at the start of a line within quotes"},
      {"a: &\n", "error: a value that begins with `&` is an anchor"},
      {"a: !<x\n", "error: a value that begins with `!` is a tag"},
      {"a: |\n\tb\n", "error: a tab as indentation"},
      {"\xEF\xBB\xBF"
       "a: 1\n",
       "f:1:1: error: a byte order mark"},
      {"a: b\xEF\xBB\xBF\n", "f:1:5: error: a byte order mark"},
      {"a: \xFF\n", "f:1:4: error: not valid UTF-8"},
      {"a: \xC0\x80\n", "f:1:4: error: not valid UTF-8"},
      {"a: \xED\xA0\x80\n", "f:1:4: error: not valid UTF-8"},
      {"a: \xE2\x82\n", "f:1:4: error: not valid UTF-8"},
      {"a: \x1B[31m\n", "f:1:4: error: a control character"},
      {"a: \xC2\x85\n", "f:1:4: error: a control character"},
      {"a: \xE2\x80\xA8\n", "f:1:4: error: a control character"},
      {"a: b # \xE2\x80\xAE\n", "f:1:8: error: a character that turns text round"},  // U+202E
      {"a: \xE2\x81\xA6\n", "f:1:4: error: a character that turns text round"},      // U+2066
      {"a: &x?y [b?]\n", "f:1:4: error: anchors are not supported (`&x?y`)"},
      {"a: 1\rb: 2\n", "f:1:5: error: a carriage return without a line feed"},
      {"\xC3\xA9\xC3\xA9: &x b\n", "f:1:5: error: anchors"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK_MESSAGE(faults(c.text).find(c.want) != std::string::npos, faults(c.text));
  }
  CHECK(faults(std::string_view("a: \0b\n", 7)) == "f:1:4: error: a NUL character; remove it");
}

TEST_CASE("faults that leave the rest readable are all reported and the tree still comes back") {
  Diagnostics diagnostics;
  const auto tree = parse_tree("a: &x 1\nb: *x\na: {c: 2, c: 3}\nd: !t e\n", diagnostics);
  REQUIRE(tree);
  CHECK(diagnostics.size() == 5);
  CHECK(tree->entries.size() == 2);  // what an alias stands for is left out
  REQUIRE(tree->find("a") != nullptr);
  CHECK(tree->find("a")->scalar == "1");
}

TEST_CASE("nesting is limited to sixteen levels in every form") {
  CHECK(faults(repeat("[", 16) + repeat("]", 16)).empty());
  CHECK(faults(repeat("[", 17) + repeat("]", 17)) == "f:1:17: error: nested deeper than 16 levels");
  CHECK(faults(repeat("- ", 16) + "x").empty());
  CHECK(faults(repeat("- ", 17) + "x").find("nested deeper") != std::string::npos);
  CHECK(faults(repeat("{a: ", 17) + repeat("}", 17)).find("nested deeper") != std::string::npos);
  CHECK(faults(repeat("- ", 8) + repeat("[", 9) + repeat("]", 9)).find("nested deeper") !=
        std::string::npos);
  std::string block;
  for (int i = 0; i < 17; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK(faults(block + std::string(17, ' ') + "b: c\n").find("nested deeper") != std::string::npos);
}

TEST_CASE("brackets that are text do not count as nesting") {
  const std::string many = repeat("[", 40);
  CHECK(faults("a: \"" + many + "\"\n").empty());
  CHECK(faults("a: '" + many + "'\n").empty());
  CHECK(faults("# " + many + "\na: b # " + many + "\n").empty());
  CHECK(faults("a: |\n  " + many + "\nb: c\n").empty());
  CHECK(faults("a: >-\n  " + many + "\n\n  " + many + "\nb: c\n").empty());
  CHECK(faults("a: x" + many + "\n").empty());
  CHECK(faults("[\"" + many + "\", 'it''s " + many + "']\n").empty());
  CHECK(faults("{\"a\":\"" + many + "\"}\n").empty());
}

TEST_CASE("hostile nesting is refused before the library reads ahead") {
  for (const std::string_view piece : {"[", "{a: ", "- ", "? ", "[{a: ", "\n[", "[\"a\", "}) {
    const std::string text = repeat(piece, 100'000);
    const auto start = std::chrono::steady_clock::now();
    CHECK(faults(text).find("nested deeper") != std::string::npos);
    const auto took = std::chrono::steady_clock::now() - start;
    CHECK(took < std::chrono::seconds(1));  // a read-ahead grows with the square or the memory
  }
}

TEST_CASE("an anchor or a tag hides no brackets from the first look") {
  const std::string many = repeat("[", 17);
  CHECK(faults("&x " + many) == "f:1:20: error: nested deeper than 16 levels");
  CHECK(faults("a: !t &x\n  " + many) == "f:2:19: error: nested deeper than 16 levels");
}

TEST_CASE("size is limited to four MiB") {
  const std::string comment = "a: b #" + std::string(kMaxFileSize - 6, 'x');
  CHECK(comment.size() == kMaxFileSize);
  CHECK(faults(comment).empty());
  CHECK(faults(comment + "x") == "f:1:1: error: the file is larger than 4 MiB; split it");
}

TEST_CASE("a file without content is a null at line 1") {
  for (const std::string_view text : {"", "\n", "# only a comment\n", "---\n"}) {
    const TreeNode root = good(text);
    CHECK(root.kind == TreeNode::Kind::null);
  }
  CHECK(good("").where == Position{1, 1});
}

TEST_CASE("a tree knows kinds and places and quoting") {
  const TreeNode root = good(
      "\xC3\xA9: [\xC3\xBC, 'b', 010, \"1\"]\n"
      "map: {x: ~, y: }\n"
      "block: |\n  text\n"
      "empty:\n"
      "last: ::1\n");
  REQUIRE(root.kind == TreeNode::Kind::mapping);
  REQUIRE(root.entries.size() == 5);
  const TreeNode& list = root.entries[0].value;
  REQUIRE(list.items.size() == 4);
  CHECK(list.where == Position{1, 4});
  CHECK(list.items[0].scalar == "\xC3\xBC");
  CHECK(list.items[1].where == Position{1, 8});
  CHECK(list.items[1].quoted);
  CHECK(list.items[1].scalar == "b");
  CHECK(list.items[2].kind == TreeNode::Kind::integer);
  CHECK(list.items[2].scalar == "010");
  CHECK(list.items[3].kind == TreeNode::Kind::string);
  CHECK(root.find("map")->find("x")->kind == TreeNode::Kind::null);
  CHECK(root.find("map")->find("x")->scalar == "~");
  CHECK(root.find("map")->find("y")->where == Position{2, 14});
  CHECK(root.find("block")->quoted);
  CHECK(root.find("block")->scalar == "text\n");
  CHECK(root.find("empty")->where == Position{5, 6});
  CHECK(root.find("last")->scalar == "::1");
  const TreeNode empty = good("a:\n  b:\n  null-team: [c]\n");
  CHECK(empty.find("a")->find("b")->where == Position{2, 4});
  CHECK(empty.find("a")->find("b")->scalar.empty());
  CHECK(root.find("absent") == nullptr);
}

TEST_CASE("CRLF line ends leave nothing behind") {
  const TreeNode root = good("a: b\r\nc: [d, e]\r\nf: |\r\n  g\r\n");
  CHECK(root.find("a")->scalar == "b");
  CHECK(root.find("c")->items[1].scalar == "e");
  CHECK(root.find("c")->where == Position{2, 4});
}

TEST_CASE("addresses and patterns can stand in a flow list as they are") {
  const TreeNode root = good("h: [fd00::/8, ::1, 10.0.0.0/8, a.*.b, 5432-5439]\n");
  const auto& items = root.find("h")->items;
  REQUIRE(items.size() == 5);
  CHECK(items[0].scalar == "fd00::/8");
  CHECK(items[1].scalar == "::1");
  CHECK(items[3].scalar == "a.*.b");
  CHECK(items[4].kind == TreeNode::Kind::string);
}

TEST_CASE("columns of a single long line cost no square") {
  std::string text = "a: [";
  for (int i = 0; i < 200'000; ++i) text += "b,";
  text += "]";
  const auto start = std::chrono::steady_clock::now();
  const TreeNode root = good(text);
  CHECK(root.find("a")->items.back().where.column == 4 + 2 * 199'999 + 1);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}
