// What the YAML library takes though YAML 1.2 does not, or does not take though YAML 1.2 does: it
// is refused with its place, or read; and what is good YAML beside it stays good.
#include <doctest/doctest.h>

#include <string>

#include "ssmgate/text/tree.hpp"

using namespace ssmgate;

namespace {

std::string first_fault(std::string_view text) {
  Diagnostics diagnostics;
  (void)parse_tree(text, diagnostics);
  return diagnostics.empty() ? "" : render_diagnostic("f", diagnostics.front());
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

// The tree in one line: lists and mappings in brackets, text in quotes as it is.
std::string flat(const TreeNode& node) {
  std::string out;
  if (node.kind == TreeNode::Kind::null) return "null";
  if (node.kind == TreeNode::Kind::sequence) {
    for (const TreeNode& item : node.items) out += (out.empty() ? "" : ", ") + flat(item);
    return '[' + out + ']';
  }
  if (node.kind != TreeNode::Kind::mapping) return '"' + node.scalar + '"';
  for (const TreeEntry& entry : node.entries) {
    out += (out.empty() ? "" : ", ") + entry.key + ": " + flat(entry.value);
  }
  return '{' + out + '}';
}

std::string read(std::string_view text) {
  Diagnostics diagnostics;
  const auto tree = parse_tree(text, diagnostics);
  if (!diagnostics.empty()) return render_diagnostic("f", diagnostics.front());
  return tree ? flat(*tree) : "nothing";
}

struct Case {
  std::string_view text, want;
};

}  // namespace

TEST_CASE("a value stands further in than its key or is refused") {
  const Case cases[] = {
      {"mode:\nenforce # c\n", "f:2:1: error: a value below its key"},
      {"version:\n1 # c\n", "f:2:1: error: a value below its key"},
      {"mode:\n\"enforce\"\n", "f:2:1: error: a value below its key"},
      {"mode: # c\n\n'enforce'\nb: c\n", "f:3:1: error: a value below its key"},
      {"allow:\n[]\n", "f:2:1: error: a value below its key"},
      {"groups:\n{a: b}\n", "f:2:1: error: a value below its key"},
      {"message:\n|\n a\n", "f:2:1: error: a value below its key"},
      {"message:\n>-\n a\n", "f:2:1: error: a value below its key"},
      {"allow:\n- id:\n  a # c\n", "f:3:3: error: a value below its key"},
      {"allow:\n- users:\n  bob # c\n  id: a\n", "f:3:3: error: a value below its key"},
      {"allow:\n- users:\n   {a: b}\n  id:\n  \"c\"\n", "f:5:3: error: a value below its key"},
      {"? a\n:\nb # c\n", "f:3:1: error: a value below its key"},
      {"a: \"b\nc\"\n", "f:2:1: error: a line within quotes"},
      {"a: 'b\nc'\n", "f:2:1: error: a line within quotes"},
      {"a: \"b\n\n c\nd\"\n", "f:4:1: error: a line within quotes"},
      {"a: \"b\n\tc\"\n", "f:2:1: error: a line within quotes"},
      {"a: \"b\n\"\n", "f:2:1: error: a line within quotes"},
      {"a: \"b\\\nc\"\n", "f:2:1: error: a line within quotes"},
      {"a: 'b''\nc'\n", "f:2:1: error: a line within quotes"},
      {"- id: \"a\n  b\"\n", "f:2:1: error: a line within quotes"},
      {"a:\n- \"b\nc\"\n", "f:3:1: error: a line within quotes"},
      {"a: [\"b\nc\"]\n", "f:2:1: error: a line within quotes"},
      {"? \"a\nb\"\n: c\n", "f:2:1: error: a line within quotes"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK_MESSAGE(first_fault(c.text).starts_with(c.want), first_fault(c.text));
    CHECK(first_fault(with_crlf(c.text)) == first_fault(c.text));
  }
}

TEST_CASE("a value that stands far enough in is read") {
  const Case cases[] = {
      {"a:\n b # c\n", R"({a: "b"})"},
      {"a:\n- b\n- c\nd: e\n", R"({a: ["b", "c"], d: "e"})"},
      {"a:\n# c\n- b\n", R"({a: ["b"]})"},
      {"- a:\n  - b\n  c: d\n", R"([{a: ["b"], c: "d"}])"},
      {"a:\n  - b:\n     c # d\n", R"({a: [{b: "c"}]})"},
      {"a:\n []\n", "{a: []}"},
      {"a:\n |\n b\n", R"({a: "b
"})"},
      {"a: [\nb,\nc\n]\nd: {\ne: f\n}\n", R"({a: ["b", "c"], d: {e: "f"}})"},
      {"a:\n  {b: c,\n d: e}\n", R"({a: {b: "c", d: "e"}})"},
      {"a: \"b\n c\n\n  d\"\n", R"({a: "b c
d"})"},
      {"a: \"b\n \tc\n\t\n d\"\n", R"({a: "b c
d"})"},
      {"\"a\nb\"\n", R"("a b")"},
      {"--- \"a\nb\"\n", R"("a b")"},
      {"[\"a\nb\",\n'c\n']\n", R"(["a b", "c "])"},
      {"\xC3\xA9\xC3\xA9: \"b\n c\"\n", "{\xC3\xA9\xC3\xA9: \"b c\"}"},
      {"- \"a\n b\"\n", R"(["a b"])"},
      {"- - \"a\n   b\"\n", R"([["a b"]])"},
      {"? a\n: b # c\n", R"({a: "b"})"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(read(c.text) == c.want);
  }
}

TEST_CASE("a comment has a blank before it or is refused") {
  const Case cases[] = {
      {"a: >-#\n b\n", "f:1:6: error: a comment needs a blank"},
      {"a: |#x\n b\n", "f:1:5: error: a comment needs a blank"},
      {"a: |2-#x\n  b\n", "f:1:7: error: a comment needs a blank"},
      {"a:\n  >#\n  b\n", "f:2:4: error: a comment needs a blank"},
      {"a: \"b\"#x\n", "f:1:7: error: a comment needs a blank"},
      {"a: 'b'#x\n", "f:1:7: error: a comment needs a blank"},
      {"a: \"b\n  c\"#x\n", "f:2:5: error: a comment needs a blank"},
      {"? \"a\"#x\n: b\n", "f:1:6: error: a comment needs a blank"},
      {"a: []#x\n", "f:1:6: error: a comment needs a blank"},
      {"a: [#x\n]\n", "f:1:5: error: a comment needs a blank"},
      {"a: [\n  b]#x\nc: d\n", "f:2:5: error: a comment needs a blank"},
      {"a: {b: [c,#x\n d]}\n", "f:1:11: error: a comment needs a blank"},
      {"a: {b: [c]#x\n}\n", "f:1:11: error: a comment needs a blank"},
      {"a: [\"b\"#x\n]\n", "f:1:8: error: a comment needs a blank"},
      {"a: {\"b\":#x\n c}\n", "f:1:9: error: a comment needs a blank"},
      {"{a: b}#x\n", "f:1:7: error: a comment needs a blank"},
      {"[{#x\na: b}]\n", "f:1:3: error: a comment needs a blank"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK_MESSAGE(first_fault(c.text).starts_with(c.want), first_fault(c.text));
    CHECK(first_fault(with_crlf(c.text)) == first_fault(c.text));
  }
}

TEST_CASE("a hash that is text or begins a comment after a blank is read") {
  const Case cases[] = {
      {"a: b#c\n", R"({a: "b#c"})"},
      {"a: [b#c, d]# e\n", "f:1:12: error: a comment needs a blank before its `#`; write one"},
      {"a: [b#c, d#] # e\n", R"({a: ["b#c", "d#"]})"},
      {"a: [b\n  #c\n]\n", R"({a: ["b"]})"},
      {"a: [\n#c\n\t# d\n b\n# ]\n]\n", R"({a: ["b"]})"},
      {"a: {b: c #d\n}\n", R"({a: {b: "c"}})"},
      {"a: [\"#b\", '#c', \"\\\"#\", '''#']\n", R"({a: ["#b", "#c", ""#", "'#"]})"},
      {"a: \"b\" # c\n", R"({a: "b"})"},
      {"a: \"b\"\t# c\n", R"({a: "b"})"},
      {"a: \"b\"\n# c\n", R"({a: "b"})"},
      {"a: | # c\n  b#c\n  #d\n", R"({a: "b#c
#d
"})"},
      {"a: >-\t# c\n  b\n", R"({a: "b"})"},
      {"a:#b: c\n", R"({a:#b: "c"})"},
      {"a: b\n  [c,#d\n", R"({a: "b [c,#d"})"},
      {"a: b\n  \"c\"#d\n", R"({a: "b "c"#d"})"},
      {"a: \"b[#\n  {#\"\n", R"({a: "b[# {#"})"},
      {"a: [] # b\n# c\n#d\n", "{a: []}"},
      {"a: {'b':\"#c\"}\n", R"({a: {b: "#c"}})"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const std::string got = read(c.text);
    CHECK_MESSAGE(got.starts_with(c.want), got);
    CHECK(read(with_crlf(c.text)) == got);
  }
}

TEST_CASE("a question mark within an unquoted value in brackets is text") {
  const Case cases[] = {
      {"a: [i-0abc123?]\n", R"({a: ["i-0abc123?"]})"},
      {"a: [l? x]\n", R"({a: ["l? x"]})"},
      {"a: [b ?c, d ? e, f ?]\n", R"({a: ["b ?c", "d ? e", "f ?"]})"},
      {"a: [b??, c?, \"?\", '?', d?]\n", R"({a: ["b??", "c?", "?", "?", "d?"]})"},
      {"a: [b\n  ?c,\n  d?\n  e]\n", R"({a: ["b ?c", "d? e"]})"},
      {"a: {b?: c?, d: e?f, g?h: ?}\n", "f:1:26: error: a value cannot begin with `?`"},
      {"a: {b?: c?, d: e?f, g?h: i}\n", R"({a: {b?: "c?", d: "e?f", g?h: "i"}})"},
      {"a: [b?#c, d? #e?\n]\n", R"({a: ["b?#c", "d?"]})"},
      {"a: [b:?c, -?d, :?e]\n", R"({a: ["b:?c", "-?d", ":?e"]})"},
      {"[[a?], {b: [c?]}]\n", R"([["a?"], {b: ["c?"]}])"},
      {"a:\n  [b?]\nc: d?\n", R"({a: ["b?"], c: "d?"})"},
      {"a:\n- [b?]\n- - {c: d?}\n", R"({a: [["b?"], [{c: "d?"}]]})"},
      {"a: b?\n\"c\": [d?]\n", R"({a: "b?", c: ["d?"]})"},
      {"- a: b?\n  \"c\": [d?]\n", R"([{a: "b?", c: ["d?"]}])"},
      {"a: |\n  [b? \"c?\nd: [e?]\n", R"({a: "[b? "c?
", d: ["e?"]})"},
      {"--- [a?]\n", R"(["a?"])"},
      {"a: [? b?c : d]\n", R"({a: [{b?c: "d"}]})"},
      {"a: {\"b\":c?, 'd' :e?}\n", R"({a: {b: "c?", d: "e?"}})"},
      {"a: [\"b\\x1A\", c?]\n", "{a: [\"b\x1A\", \"c?\"]}"},
      {"a: [?b]\n", "f:1:5: error: a value cannot begin with `?`; put the value in quotes"},
      {"a: [\"b\"?]\n", "f:1:8: error: a value cannot begin with `?`; put the value in quotes"},
      {"a: [b?\nc: d\n", "f:2:2: error: a `[` that is not closed"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const std::string got = read(c.text);
    CHECK_MESSAGE(got.starts_with(c.want), got);
    CHECK(read(with_crlf(c.text)) == got);
  }
}

TEST_CASE("text that looks like brackets or quotes hides no question mark") {
  const Case cases[] = {
      {"a: b\n  [ 'tis c?\nd: \"isn't e?\"\n", R"({a: "b [ 'tis c?", d: "isn't e?"})"},
      {"a: b\n  \"c\nd: [e?, \"f?\"]\n", R"({a: "b "c", d: ["e?", "f?"]})"},
      {"- a\n  [b?\n- c: d\n  e: \"[f?\"\n", R"(["a [b?", {c: "d", e: "[f?"}])"},
      {"a: >\n  it's [b?\n\n  {c?\nd: 'it''s [e?'\n", R"({a: "it's [b?
{c?
", d: "it's [e?"})"},
      {"? a?\n: [b?]\n? - c?\n", "f:3:3: error: a key must be text"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const std::string got = read(c.text);
    CHECK_MESSAGE(got.starts_with(c.want), got);
  }
}

TEST_CASE("blanks at the end of the file behind a block of text are refused") {
  for (const std::string text :
       {"a: >-\n  b\n  ", "a: >\n  b\n  ", "- >-\n b\n ", "a: >-\n  b\n   ", "a: |\n  b\n  ",
        "a: >-\n  b\n\n  ", "a: >-\n  b\n\t"}) {
    CAPTURE(text);
    CHECK(read(text).find("the file ends in blanks behind a block of text") != std::string::npos);
    CHECK(read(with_crlf(text)).find("ends in blanks behind") != std::string::npos);
  }
  CHECK(read("a: >-\n  b") == R"({a: "b"})");
  CHECK(read("a: >-\n  b\n") == R"({a: "b"})");
  CHECK(read("a: >-\n  b\n  \n") == R"({a: "b"})");
  CHECK(read("a: b\n  ") == R"({a: "b"})");
  CHECK(read("a: >-\n  b\nc: d\n  ") == R"({a: "b", c: "d"})");
}
