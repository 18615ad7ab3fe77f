// The YAML library's events as a tree with places.
//
// The library's node API loses duplicates, anchors, second documents and quoting; its events keep
// them. Marks are used as byte offsets only: columns are counted here, in code points.
#include "ssmgate/text/tree.hpp"

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "ssmgate/text/fields.hpp"
#include "text/flow_text.hpp"
#include "text/misread.hpp"
#include "text/places.hpp"
#include "text/prescan.hpp"
#include "text/scalar_type.hpp"
#include "text/yaml_fault.hpp"

namespace ssmgate {
namespace {

// Thrown through the library to stop it; the fault has been reported.
struct Stop {};

constexpr std::string_view kBlanks = " \t\r\n";

// Stands for a `?` between brackets on its way through the library, which takes none in a value
// there. INVARIANT: no file holds it, but as an escape in double quotes (text/prescan.hpp).
constexpr char kQuestion = '\x1A';

// As it stands at the beginning of `rest`; empty where nothing is written for it.
std::string_view spelling_of_null(std::string_view rest) noexcept {
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t\r\n,[]{}:"));
  for (const std::string_view spelling : {"~", "null", "Null", "NULL"}) {
    if (word == spelling) return spelling;
  }
  return {};
}

std::string describe_key_fault(const TreeNode& key) {
  if (key.scalar == "<<") return "merge keys are not supported; write the keys out";
  if (key.kind == TreeNode::Kind::null && key.scalar.empty()) {
    return "a key is missing here; write `KEY: VALUE`, or remove the comma";
  }
  return "a key must be text, not " + std::string(kind_name(key.kind)) +
         (key.is_scalar() ? "; put it in quotes" : "; write `KEY: VALUE`");
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  // `text` as it was written; `questions` the places in it where the library sees `kQuestion`.
  TreeBuilder(std::string_view text, const std::vector<std::size_t>& questions, Places& places,
              Diagnostics& diagnostics)
      : text_(text), questions_(questions), places_(places), diagnostics_(diagnostics) {}

  [[nodiscard]] TreeNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    error(mark, "a second document; a file is one document: remove `---`, `...` or what follows");
    throw Stop{};
  }
  void OnDocumentEnd() override {}

  void OnAnchor(const YAML::Mark& mark, const std::string& anchor) override {
    std::string name = "&" + anchor;
    std::replace(name.begin(), name.end(), kQuestion, '?');
    error(mark, "anchors are not supported (" + in_backticks(name) +
                    "); write the value out, or put it in quotes");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    error(mark, "aliases are not supported; write the value out, or put it in quotes");
    leave_out();
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    TreeNode value = node(TreeNode::Kind::null, mark);
    if (lacks_colon(value.where)) {
      report_error(diagnostics_, value.where,
                   "a key without a value; write `KEY: VALUE`, a blank behind the colon, and check"
                   " the indentation");
      leave_out();
      return;
    }
    value.scalar = spelling_of_null(text_.substr(offset(mark)));
    if (value.scalar.empty()) {
      value.where = places_.at(last_written_before(offset(mark)));
      if (is_in_flow_list()) {
        report_error(diagnostics_, value.where, "a value is missing here; remove the comma");
      }
    }
    add(std::move(value));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    check_tag(mark, tag);
    const bool quoted = tag != "?";
    const std::string_view rest = text_.substr(offset(mark));
    if (quoted) check_misread(mark, find_misread(rest, least_indent()));
    TreeNode value = node(quoted ? TreeNode::Kind::string : plain_scalar_kind(text), mark);
    check_indent(value.where);
    value.quoted = quoted;
    value.scalar = text;
    restore_questions(value.scalar, offset(mark));
    add(std::move(value));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value style) override {
    begin(mark, tag, TreeNode::Kind::sequence, style == YAML::EmitterStyle::Flow);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value style) override {
    begin(mark, tag, TreeNode::Kind::mapping, style == YAML::EmitterStyle::Flow);
  }
  void OnMapEnd() override { end(); }

 private:
  // A collection that is being read. `key` holds a mapping's key until its value comes.
  struct Frame {
    TreeNode value;
    std::optional<TreeEntry> key;
    bool dropped = false;  // the key was refused: its value is read and thrown away
    bool is_flow = false;  // written between brackets
    std::unordered_map<std::string, Position> seen;
  };

  [[nodiscard]] std::size_t offset(const YAML::Mark& mark) const noexcept {
    return mark.pos < 0 ? 0 : std::min(static_cast<std::size_t>(mark.pos), text_.size());
  }

  TreeNode node(TreeNode::Kind kind, const YAML::Mark& mark) {
    TreeNode made;
    made.kind = kind;
    made.where = places_.at(offset(mark));
    return made;
  }

  void error(const YAML::Mark& mark, std::string text) {
    report_error(diagnostics_, places_.at(offset(mark)), std::move(text));
  }

  // An empty value has no place of its own: it is shown where the text before it ends.
  [[nodiscard]] std::size_t last_written_before(std::size_t at) const noexcept {
    const std::size_t found = text_.substr(0, at).find_last_not_of(kBlanks);
    return found == std::string_view::npos ? at : found;
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    const std::size_t at = offset(mark);
    if (tag == "?" || (tag == "!" && (at == text_.size() || text_[at] != '!'))) return;
    error(mark, "tags are not supported; put the value in quotes if it begins with `!`");
  }

  void check_misread(const YAML::Mark& mark, const std::optional<Misread>& misread) {
    if (!misread) return;
    report_error(diagnostics_, places_.at(offset(mark) + misread->offset),
                 std::string(misread->text));
  }

  // In double quotes the character may be an escape's. None is replaced there, unless the first
  // look took the quotes for something else: better no policy than one that says another thing.
  void restore_questions(std::string& scalar, std::size_t at) {
    if (text_.substr(at, 1) != "\"") {
      std::replace(scalar.begin(), scalar.end(), kQuestion, '?');
      return;
    }
    const auto next = std::lower_bound(questions_.begin(), questions_.end(), at);
    if (next == questions_.end()) return;
    if (*next - at >= find_end_of_quotes(text_.substr(at), 0)) return;
    report_error(diagnostics_, places_.at(*next), "`?` cannot be read here; write `\\x3F`");
  }

  // How many blanks a line must begin with to belong to a value that begins now.
  [[nodiscard]] std::size_t least_indent() const noexcept {
    const auto block = std::find_if(frames_.rbegin(), frames_.rend(),
                                    [](const Frame& frame) { return !frame.is_flow; });
    return block == frames_.rend() ? 0 : block->value.where.column;
  }

  // The library takes a value below its key that stands no further in, also where it is no list of
  // dashes.
  void check_indent(Position value) {
    if (frames_.empty() || frames_.back().is_flow || !frames_.back().key) return;
    if (value.column > frames_.back().value.where.column) return;
    report_error(diagnostics_, value,
                 "a value below its key that is not indented further; indent it with a blank more,"
                 " or write it behind the colon");
  }

  // The library takes a word on a line of its own for a key with an empty value.
  [[nodiscard]] bool lacks_colon(Position value) const noexcept {
    if (frames_.empty() || frames_.back().is_flow || !frames_.back().key) return false;
    return frames_.back().key->where == value;
  }

  [[nodiscard]] bool is_in_flow_list() const noexcept {
    return !frames_.empty() && frames_.back().is_flow &&
           frames_.back().value.kind == TreeNode::Kind::sequence;
  }

  // A refused value: nothing of it, nor of its key, stands in the tree.
  void leave_out() {
    if (frames_.empty() || frames_.back().value.kind == TreeNode::Kind::sequence) return;
    Frame& frame = frames_.back();
    frame.dropped = !frame.key;
    if (frame.key) {
      frame.key.reset();
    } else {
      frame.key = TreeEntry{};
    }
  }

  void begin(const YAML::Mark& mark, const std::string& tag, TreeNode::Kind kind, bool is_flow) {
    if (frames_.size() >= static_cast<std::size_t>(kMaxNesting)) {
      error(mark, "nested deeper than " + std::to_string(kMaxNesting) + " levels");
      throw Stop{};
    }
    check_tag(mark, tag);
    TreeNode value = node(kind, mark);
    if (is_flow && (frames_.empty() || !frames_.back().is_flow)) {
      check_misread(mark, find_flow_misread(text_.substr(offset(mark))));
      check_indent(value.where);
    }
    frames_.push_back({std::move(value), std::nullopt, false, is_flow, {}});
  }

  void end() {
    TreeNode done = std::move(frames_.back().value);
    frames_.pop_back();
    add(std::move(done));
  }

  void add(TreeNode value) {
    if (is_full(diagnostics_)) throw Stop{};
    if (frames_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.value.kind == TreeNode::Kind::sequence) {
      frame.value.items.push_back(std::move(value));
    } else if (!frame.key) {
      add_key(frame, std::move(value));
    } else {
      if (!frame.dropped) {
        frame.key->value = std::move(value);
        frame.value.entries.push_back(std::move(*frame.key));
      }
      frame.key.reset();
      frame.dropped = false;
    }
  }

  void add_key(Frame& frame, TreeNode key) {
    frame.key = TreeEntry{key.scalar, key.where, {}};
    if (key.kind == TreeNode::Kind::string && !(key.scalar == "<<" && !key.quoted)) {
      const auto [first, fresh] = frame.seen.try_emplace(key.scalar, key.where);
      frame.dropped = !fresh;
      if (fresh) return;
      report_error(diagnostics_, key.where,
                   "duplicate key " + in_backticks(key.scalar) + ", first at line " +
                       std::to_string(first->second.line) + "; remove one of the two");
      return;
    }
    frame.dropped = true;
    report_error(diagnostics_, key.where, describe_key_fault(key));
  }

  std::string_view text_;
  const std::vector<std::size_t>& questions_;
  Places& places_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  TreeNode root_;
  int documents_ = 0;
};

void report_yaml_fault(const YAML::Exception& fault, std::string_view text, Places& places,
                       Diagnostics& diagnostics) {
  std::size_t at =
      fault.mark.pos < 0 ? 0 : std::min(static_cast<std::size_t>(fault.mark.pos), text.size());
  if (is_escape_fault(fault.msg)) at = std::min(text.rfind('\\', at), at);
  report_error(diagnostics, places.at(at), describe_yaml_fault(fault.msg, text.substr(at)));
}

}  // namespace

const TreeNode* TreeNode::find(std::string_view key) const noexcept {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const TreeEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

std::optional<TreeNode> parse_tree(std::string_view text, Diagnostics& diagnostics) {
  if (text.size() > kMaxFileSize) {
    report_error(diagnostics, {}, "the file is larger than 4 MiB; split it");
    return std::nullopt;
  }
  Places places(text);
  const std::size_t before = diagnostics.size();
  const auto prescanned = prescan(text, places, diagnostics);
  if (!prescanned) return std::nullopt;
  const bool is_fit = diagnostics.size() == before;
  TreeBuilder builder(text, prescanned->questions, places, diagnostics);
  try {
    std::string replaced(text);
    for (const std::size_t question : prescanned->questions) replaced[question] = kQuestion;
    std::istringstream stream{std::move(replaced)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    return std::nullopt;
  } catch (const YAML::Exception& fault) {
    // After a fault of the first look, such as a tab, this one follows from it.
    if (is_fit) report_yaml_fault(fault, text, places, diagnostics);
    return std::nullopt;
  }
  return builder.take_root();
}

}  // namespace ssmgate
