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
  TreeBuilder(std::string_view text, Places& places, Diagnostics& diagnostics)
      : text_(text), places_(places), diagnostics_(diagnostics) {}

  [[nodiscard]] TreeNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    error(mark, "a second document; a file is one document: remove `---`, `...` or what follows");
    throw Stop{};
  }
  void OnDocumentEnd() override {}

  void OnAnchor(const YAML::Mark& mark, const std::string& anchor) override {
    error(mark, "anchors are not supported (" + in_backticks("&" + anchor) +
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
    const std::string_view rest = text_.substr(offset(mark));
    for (const std::string_view spelling : {"~", "null", "Null", "NULL"}) {
      if (rest.starts_with(spelling)) value.scalar = spelling;
    }
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
    if (quoted) check_misread(mark);
    TreeNode value = node(quoted ? TreeNode::Kind::string : plain_scalar_kind(text), mark);
    value.quoted = quoted;
    value.scalar = text;
    add(std::move(value));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value style) override {
    begin(mark, tag, TreeNode::Kind::sequence);
    frames_.back().is_flow = style == YAML::EmitterStyle::Flow;
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value style) override {
    begin(mark, tag, TreeNode::Kind::mapping);
    frames_.back().is_flow = style == YAML::EmitterStyle::Flow;
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

  void check_misread(const YAML::Mark& mark) {
    const std::size_t at = offset(mark);
    const auto misread = find_misread(text_.substr(at));
    if (!misread) return;
    report_error(diagnostics_, places_.at(at + misread->offset), std::string(misread->text));
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

  void begin(const YAML::Mark& mark, const std::string& tag, TreeNode::Kind kind) {
    if (frames_.size() >= static_cast<std::size_t>(kMaxNesting)) {
      error(mark, "nested deeper than " + std::to_string(kMaxNesting) + " levels");
      throw Stop{};
    }
    check_tag(mark, tag);
    frames_.push_back({node(kind, mark), std::nullopt, false, false, {}});
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
  if (!prescan(text, places, diagnostics)) return std::nullopt;
  const bool is_fit = diagnostics.size() == before;
  TreeBuilder builder(text, places, diagnostics);
  try {
    std::istringstream stream{std::string(text)};
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
