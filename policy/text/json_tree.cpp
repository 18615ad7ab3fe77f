#include "ssmgate/text/json_tree.hpp"

#include <unordered_map>

#include <boost/json/basic_parser_impl.hpp>

#include "ssmgate/text/fields.hpp"
#include "text/places.hpp"

namespace ssmgate {
namespace {

using boost::system::error_code;
using Kind = TreeNode::Kind;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Where the keys and values of a JSON text begin, in its order. The parser's events carry no
// offsets, but come in the same order and only for what it has found to be JSON.
class Starts {
 public:
  Starts(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  // The offset of the next key, scalar or opening bracket.
  std::size_t next() noexcept {
    at_ = std::min(text_.find_first_not_of(" \t\r\n,:]}", at_), text_.size());
    const std::size_t start = at_;
    if (at_ == text_.size()) return start;
    if (text_[at_] == '"') {
      skip_string();
    } else if (text_[at_] == '{' || text_[at_] == '[') {
      ++at_;
    } else {
      at_ = std::min(text_.find_first_of(" \t\r\n,:]}", at_), text_.size());
    }
    return start;
  }
  [[nodiscard]] std::size_t end_of_last() const noexcept { return at_; }

 private:
  void skip_string() noexcept {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  std::size_t at_;
};

// Takes the parser's events. The parser itself refuses what is no JSON and no UTF-8.
class TreeReader {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  TreeReader(std::string_view text, std::size_t begin, Places& places, Diagnostics& diagnostics)
      : text_(text), starts_(text, begin), places_(places), diagnostics_(diagnostics) {}

  [[nodiscard]] TreeNode take_root() { return std::move(root_); }
  [[nodiscard]] bool complained() const noexcept { return complained_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code& ec) { return open(Kind::mapping, ec); }
  bool on_array_begin(error_code& ec) { return open(Kind::sequence, ec); }
  bool on_object_end(std::size_t, error_code&) { return close(); }
  bool on_array_end(std::size_t, error_code&) { return close(); }
  bool on_key_part(boost::json::string_view part, std::size_t, error_code&) { return take(part); }
  bool on_string_part(boost::json::string_view part, std::size_t, error_code&) {
    return take(part);
  }
  bool on_key(boost::json::string_view part, std::size_t, error_code& ec) {
    take(part);
    return add_key(ec);
  }
  bool on_string(boost::json::string_view part, std::size_t, error_code& ec) {
    take(part);
    TreeNode value = node(Kind::string);
    value.quoted = true;
    value.scalar = std::move(part_);
    part_.clear();
    if (value.scalar.find('\0') != std::string::npos) return complain(value.where, kNul, ec);
    return add(std::move(value));
  }
  bool on_number_part(boost::json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, boost::json::string_view, error_code&) {
    return add_plain(Kind::integer);
  }
  bool on_uint64(std::uint64_t, boost::json::string_view, error_code&) {
    return add_plain(Kind::integer);
  }
  bool on_double(double, boost::json::string_view, error_code&) {
    return add_plain(Kind::floating);
  }
  bool on_bool(bool, error_code&) { return add_plain(Kind::boolean); }
  bool on_null(error_code&) { return add_plain(Kind::null); }
  bool on_comment_part(boost::json::string_view, error_code&) { return true; }
  bool on_comment(boost::json::string_view, error_code&) { return true; }

 private:
  static constexpr std::string_view kNul = "a NUL character; remove it";

  struct Frame {
    TreeNode value;
    TreeEntry key;
    bool dropped = false;  // the key is a duplicate: its value is read and thrown away
    std::unordered_map<std::string, Position> seen;
  };

  bool complain(Position where, std::string_view what, error_code& ec) {
    report_error(diagnostics_, where, std::string(what));
    complained_ = true;
    ec = boost::json::error::syntax;
    return false;
  }

  TreeNode node(Kind kind) {
    TreeNode made;
    made.kind = kind;
    made.where = places_.at(starts_.next());
    return made;
  }

  bool take(boost::json::string_view part) {
    part_.append(part.data(), part.size());
    return true;
  }

  bool open(Kind kind, error_code& ec) {
    TreeNode made = node(kind);
    if (frames_.size() >= static_cast<std::size_t>(kMaxNesting)) {
      return complain(made.where, "nested deeper than " + std::to_string(kMaxNesting) + " levels",
                      ec);
    }
    frames_.push_back({std::move(made), {}, false, {}});
    return true;
  }

  bool close() {
    TreeNode done = std::move(frames_.back().value);
    frames_.pop_back();
    return add(std::move(done));
  }

  bool add_plain(Kind kind) {
    const std::size_t start = starts_.next();
    TreeNode value;
    value.kind = kind;
    value.where = places_.at(start);
    value.scalar = text_.substr(start, starts_.end_of_last() - start);
    return add(std::move(value));
  }

  bool add_key(error_code& ec) {
    Frame& frame = frames_.back();
    frame.key = {std::move(part_), places_.at(starts_.next()), {}};
    part_.clear();
    if (frame.key.key.find('\0') != std::string::npos) return complain(frame.key.where, kNul, ec);
    const auto [first, fresh] = frame.seen.try_emplace(frame.key.key, frame.key.where);
    frame.dropped = !fresh;
    if (!fresh) {
      report_error(diagnostics_, frame.key.where,
                   "duplicate key " + in_backticks(frame.key.key) + ", first at line " +
                       std::to_string(first->second.line) + "; remove one of the two");
    }
    return true;
  }

  bool add(TreeNode value) {
    if (frames_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Frame& frame = frames_.back();
    if (frame.value.kind == Kind::sequence) {
      frame.value.items.push_back(std::move(value));
    } else if (!frame.dropped) {
      frame.key.value = std::move(value);
      frame.value.entries.push_back(std::move(frame.key));
    }
    return true;
  }

  std::string_view text_;
  Starts starts_;
  Places& places_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  std::string part_;
  TreeNode root_;
  bool complained_ = false;
};

}  // namespace

std::optional<TreeNode> parse_json_tree(std::string_view text, Diagnostics& diagnostics) {
  if (text.size() > kMaxFileSize) {
    report_error(diagnostics, {}, "the file is larger than 4 MiB; split it");
    return std::nullopt;
  }
  const std::size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  Places places(text);
  boost::json::parse_options strict;
  strict.max_depth = 2 * kMaxNesting;  // the nesting is counted by the reader, with its place
  boost::json::basic_parser<TreeReader> parser(strict, text, begin, places, diagnostics);
  error_code ec;
  const std::size_t read =
      begin + parser.write_some(false, text.data() + begin, text.size() - begin, ec);
  if (parser.handler().complained()) return std::nullopt;
  if (ec == boost::json::error::incomplete) {
    report_error(diagnostics, places.at(text.size()),
                 text.size() == begin ? "the file is empty; write a JSON object"
                                      : "the JSON ends too early; close its brackets and quotes");
    return std::nullopt;
  }
  if (ec) {
    report_error(diagnostics, places.at(read),
                 "not JSON (" + ec.message() + ") at or just before here; mend the syntax");
    return std::nullopt;
  }
  if (read != text.size()) {
    report_error(diagnostics, places.at(read),
                 "something stands behind the JSON document; remove it");
    return std::nullopt;
  }
  return parser.handler().take_root();
}

}  // namespace ssmgate
