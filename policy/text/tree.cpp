// The YAML library's events as a tree with places.
//
// The library's document API loses duplicates, places and quoting; its events keep them.
#include "ssmgate/text/tree.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <unordered_map>

#include <yaml.h>

#include "ssmgate/text/fields.hpp"
#include "text/places.hpp"
#include "text/prescan.hpp"
#include "text/scalar_type.hpp"
#include "text/yaml_fault.hpp"

namespace ssmgate {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

Position position_of(const yaml_mark_t& mark) noexcept {
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

// SOURCE: libyaml's yaml_char_t is a byte of UTF-8.
std::string_view view(const yaml_char_t* text, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(text), size};
}

std::string_view view(const yaml_char_t* text) noexcept {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

// The keys of a mapping that were seen, each with its line.
class Keys {
 public:
  // The place of the key's first use, or nothing when this is it.
  std::optional<Position> find_or_add(const std::vector<TreeEntry>& entries, const TreeNode& key) {
    // LIMIT: up to this many keys are compared one by one, which is quicker than any table.
    constexpr std::size_t kFew = 24;
    if (entries.size() <= kFew) {
      const auto found = std::find_if(entries.begin(), entries.end(), [&](const TreeEntry& entry) {
        return entry.key == key.scalar;
      });
      return found == entries.end() ? std::nullopt : std::optional(found->where);
    }
    if (many_.empty()) {
      for (const TreeEntry& entry : entries) many_.try_emplace(entry.key, entry.where);
    }
    const auto [first, fresh] = many_.try_emplace(key.scalar, key.where);
    return fresh ? std::nullopt : std::optional(first->second);
  }

 private:
  std::unordered_map<std::string, Position> many_;
};

class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, Diagnostics& diagnostics)
      : text_(text), diagnostics_(diagnostics) {}

  [[nodiscard]] TreeNode take_root() { return std::move(root_); }

  // Scalars hold `stand_in` where the text has a colon.
  void restore_colons(std::string stand_in) { stand_in_ = std::move(stand_in); }

  // False when nothing more is to be read; the fault has been reported.
  [[nodiscard]] bool take(const yaml_event_t& event) {
    if (is_full(diagnostics_)) return false;
    const Position where = position_of(event.start_mark);
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT: return start_document(event.data.document_start, where);
      case YAML_ALIAS_EVENT: take_alias(where); return true;
      case YAML_SCALAR_EVENT: take_scalar(event.data.scalar, where); return true;
      case YAML_SEQUENCE_START_EVENT: {
        const auto& start = event.data.sequence_start;
        return begin(where, start.anchor, start.tag, TreeNode::Kind::sequence);
      }
      case YAML_MAPPING_START_EVENT: {
        const auto& start = event.data.mapping_start;
        return begin(where, start.anchor, start.tag, TreeNode::Kind::mapping);
      }
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: end(); return true;
      default: return true;
    }
  }

 private:
  // A collection that is being read. `key` holds a mapping's key until its value comes.
  struct Frame {
    TreeNode value;
    std::optional<TreeEntry> key;
    bool dropped = false;  // the key was refused: its value is read and thrown away
    Keys keys;
  };

  void error(Position where, std::string text) {
    report_error(diagnostics_, where, std::move(text));
  }

  template <class Start>
  bool start_document(const Start& start, Position where) {
    if (start.version_directive != nullptr ||
        start.tag_directives.start != start.tag_directives.end) {
      error(where, "YAML directives are not supported; remove the line, or quote the value");
    }
    if (documents_++ == 0) return true;
    error(where, "a second document; a file is one document: remove `---`, `...` or what follows");
    return false;
  }

  void check_properties(Position where, const yaml_char_t* anchor, const yaml_char_t* tag) {
    if (anchor != nullptr) {
      error(where, "anchors are not supported (" + in_backticks("&" + std::string(view(anchor))) +
                       "); write the value out, or put it in quotes");
    }
    if (tag != nullptr) {
      error(where, "tags are not supported; put the value in quotes if it begins with `!`");
    }
  }

  void take_alias(Position where) {
    error(where, "aliases are not supported; write the value out, or put it in quotes");
    drop_value();
  }

  // An alias stands for nothing here, so that nothing more is said about it.
  void drop_value() {
    if (frames_.empty() || frames_.back().value.kind == TreeNode::Kind::sequence) return;
    Frame& frame = frames_.back();
    if (frame.key) return finish_entry(frame);
    frame.key.emplace();
    frame.dropped = true;
  }

  static void finish_entry(Frame& frame) {
    frame.key.reset();
    frame.dropped = false;
  }

  template <class Scalar>
  void take_scalar(const Scalar& scalar, Position where) {
    check_properties(where, scalar.anchor, scalar.tag);
    TreeNode value;
    value.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
    value.scalar = view(scalar.value, scalar.length);
    if (!stand_in_.empty()) restore(value.scalar);
    value.kind = value.quoted ? TreeNode::Kind::string : plain_scalar_kind(value.scalar);
    value.where = value.scalar.empty() && !value.quoted ? end_of_text_before(where) : where;
    add(std::move(value));
  }

  void restore(std::string& scalar) const {
    for (std::size_t at = scalar.find(stand_in_); at != std::string::npos;
         at = scalar.find(stand_in_, at)) {
      scalar.replace(at, stand_in_.size(), ":");
    }
  }

  // An empty value has no place of its own: it is shown where the text before it ends.
  Position end_of_text_before(Position where) {
    if (!places_) places_.emplace(text_);
    const std::string_view before = text_.substr(0, places_->offset(where));
    const std::size_t found = before.find_last_not_of(kBlanks);
    return found == std::string_view::npos ? where : places_->at(found);
  }

  bool begin(Position where, const yaml_char_t* anchor, const yaml_char_t* tag,
             TreeNode::Kind kind) {
    if (frames_.size() >= static_cast<std::size_t>(kMaxNesting)) {
      error(where, "nested deeper than " + std::to_string(kMaxNesting) + " levels");
      return false;
    }
    check_properties(where, anchor, tag);
    Frame& frame = frames_.emplace_back();
    frame.value.kind = kind;
    frame.value.where = where;
    return true;
  }

  void end() {
    TreeNode done = std::move(frames_.back().value);
    frames_.pop_back();
    add(std::move(done));
  }

  void add(TreeNode value) {
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
      finish_entry(frame);
    }
  }

  void add_key(Frame& frame, TreeNode key) {
    if (key.kind == TreeNode::Kind::string && !(key.scalar == "<<" && !key.quoted)) {
      const auto first = frame.keys.find_or_add(frame.value.entries, key);
      frame.dropped = first.has_value();
      if (first) {
        error(key.where, "duplicate key " + in_backticks(key.scalar) + ", first at line " +
                             std::to_string(first->line) + "; remove one of the two");
      }
    } else {
      frame.dropped = true;
      refuse_key(key);
    }
    frame.key.emplace();
    frame.key->key = std::move(key.scalar);
    frame.key->where = key.where;
  }

  void refuse_key(const TreeNode& key) {
    if (key.scalar == "<<") {
      error(key.where, "merge keys are not supported; write the keys out");
      return;
    }
    error(key.where, "a key must be text, not " + std::string(kind_name(key.kind)) +
                         (key.is_scalar() && !key.scalar.empty() ? "; put it in quotes"
                                                                 : "; write `KEY: VALUE`"));
  }

  std::string_view text_;
  std::string stand_in_;
  Diagnostics& diagnostics_;
  std::optional<Places> places_;
  std::vector<Frame> frames_;
  TreeNode root_;
  int documents_ = 0;
};

// One run of the library over a text, which must outlive it.
class Reader {
 public:
  explicit Reader(std::string_view text) {
    if (yaml_parser_initialize(&parser_) != 1) throw std::bad_alloc();
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Reader() { yaml_parser_delete(&parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // False when the text cannot be read, or the builder wants no more of it.
  bool read_into(TreeBuilder& builder) {
    while (true) {
      yaml_event_t event;
      if (yaml_parser_parse(&parser_, &event) != 1) return false;
      const std::unique_ptr<yaml_event_t, decltype(&yaml_event_delete)> owner(&event,
                                                                              yaml_event_delete);
      const bool last = event.type == YAML_STREAM_END_EVENT;
      const bool more = builder.take(event);
      if (!more || last) return more;
    }
  }

  [[nodiscard]] std::optional<YamlFault> fault() const {
    if (parser_.error == YAML_NO_ERROR) return std::nullopt;
    if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
    return YamlFault{parser_.problem == nullptr ? "unknown fault" : parser_.problem,
                     position_of(parser_.problem_mark),
                     parser_.context == nullptr ? "" : parser_.context,
                     position_of(parser_.context_mark)};
  }

 private:
  yaml_parser_t parser_{};
};

// A character of the private use area that `text` does not hold, neither itself nor as an escape.
std::string find_stand_in(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  constexpr std::string_view kHex = "0123456789abcdef";
  for (unsigned i = 0; i < 64; ++i) {
    const std::string digits = {'e', '0', kHex[i >> 4], kHex[i & 15]};
    std::string raw = {'\xEE', '\x80', static_cast<char>(static_cast<unsigned char>(0x80 + i))};
    if (lower.find(digits) == std::string::npos && text.find(raw) == std::string_view::npos) {
      return raw;
    }
  }
  return {};
}

// `text` with `stand_in` for the character at each of `offsets`: as many characters as before, so
// that places stay what they are.
std::string replace_at(std::string_view text, const std::vector<std::size_t>& offsets,
                       std::string_view stand_in) {
  std::string out;
  out.reserve(text.size() + offsets.size() * stand_in.size());
  std::size_t from = 0;
  for (const std::size_t at : offsets) {
    out.append(text.substr(from, at - from)).append(stand_in);
    from = at + 1;
  }
  return out.append(text.substr(from));
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
  if (!check_characters(text, diagnostics)) return std::nullopt;
  TreeBuilder builder(text, diagnostics);
  std::string replaced;
  const auto colons = find_leading_colons(text);
  const std::string stand_in = colons.empty() ? std::string() : find_stand_in(text);
  if (!stand_in.empty()) {
    replaced = replace_at(text, colons, stand_in);
    builder.restore_colons(stand_in);
  }
  Reader reader(stand_in.empty() ? text : replaced);
  if (reader.read_into(builder)) return builder.take_root();
  if (const auto fault = reader.fault()) {
    const Position where = place_of(*fault);
    Places places(text);
    report_error(diagnostics, where,
                 describe_yaml_fault(*fault, text.substr(places.offset(where))));
  }
  return std::nullopt;
}

}  // namespace ssmgate
