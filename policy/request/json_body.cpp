#include "request/json_body.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <boost/json/basic_parser_impl.hpp>

#include "names/ascii.hpp"

namespace ssmgate {

using boost::system::error_code;
using Kind = JsonNode::Kind;

namespace {

// The text with the exponents of its numbers cut to a few digits: other numbers, but JSON exactly
// when the text is. For the parser, which counts exponents in an `int`; no member that StartSession
// has is a number, so that no number's value is ever used.
std::string shorten_exponents(std::string_view text) {
  constexpr std::size_t kMaxDigits = 4;
  std::string out;
  out.reserve(text.size());
  bool in_string = false;
  bool in_exponent = false;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_exponent && ascii::is_digit(c) && ++digits > kMaxDigits) continue;
    out += c;
    if (in_string && c == '\\' && i + 1 < text.size()) {
      out += text[++i];
    } else if (c == '"') {
      in_string = !in_string;
    }
    if (c == 'e' || c == 'E') {
      in_exponent = !in_string;
      digits = 0;
    } else if (!ascii::is_digit(c) && c != '+' && c != '-') {
      in_exponent = false;
    }
  }
  return out;
}

}  // namespace

// Takes the parser's events. The parser itself refuses what is no JSON and no UTF-8; this adds what
// readers are known to differ on.
class JsonReader {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  // For JsonReader::read alone: the parser constructs its handler in place.
  explicit JsonReader(std::size_t size) {
    body_.texts_ = std::make_unique_for_overwrite<char[]>(size);
    body_.nodes_.reserve(24);  // more than any real body has
  }

  static boost::system::result<JsonBody, std::string> read(std::string_view text);

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code& ec) { return open(Kind::object, ec); }
  bool on_array_begin(error_code& ec) { return open(Kind::array, ec); }
  bool on_object_end(std::size_t, error_code&) {
    close();
    if (!body_.duplicate_key_) find_duplicate(open_[depth_]);
    return true;
  }
  bool on_array_end(std::size_t, error_code&) {
    close();
    return true;
  }
  bool on_key_part(boost::json::string_view part, std::size_t, error_code&) { return take(part); }
  bool on_string_part(boost::json::string_view part, std::size_t, error_code&) {
    return take(part);
  }
  bool on_key(boost::json::string_view part, std::size_t, error_code& ec) {
    return take(part) && add_text(Kind::key, ec);
  }
  bool on_string(boost::json::string_view part, std::size_t, error_code& ec) {
    return take(part) && add_text(Kind::string, ec);
  }
  bool on_number_part(boost::json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, boost::json::string_view, error_code& ec) {
    return add(Kind::number, ec);
  }
  bool on_uint64(std::uint64_t, boost::json::string_view, error_code& ec) {
    return add(Kind::number, ec);
  }
  bool on_double(double, boost::json::string_view, error_code& ec) { return add(Kind::number, ec); }
  bool on_bool(bool, error_code& ec) { return add(Kind::boolean, ec); }
  bool on_null(error_code& ec) { return add(Kind::null, ec); }
  bool on_comment_part(boost::json::string_view, error_code&) { return true; }
  bool on_comment(boost::json::string_view, error_code&) { return true; }

 private:
  bool complain(std::string_view complaint, error_code& ec) {
    complaint_ = complaint;
    ec = boost::json::error::syntax;
    return false;
  }

  bool add(Kind kind, error_code& ec, std::string_view text = {}) {
    if (depth_ == 0 && kind != Kind::object) return complain("it is no object", ec);
    body_.nodes_.push_back({kind, static_cast<std::uint32_t>(body_.nodes_.size() + 1), text});
    return true;
  }

  bool open(Kind kind, error_code& ec) {
    if (depth_ == open_.size()) return complain("it nests deeper than 16", ec);
    if (!add(kind, ec)) return false;
    open_[depth_++] = static_cast<std::uint32_t>(body_.nodes_.size() - 1);
    return true;
  }

  void close() {
    body_.nodes_[open_[--depth_]].end = static_cast<std::uint32_t>(body_.nodes_.size());
  }

  bool take(boost::json::string_view part) {
    if (!part.empty()) std::memcpy(body_.texts_.get() + used_, part.data(), part.size());
    used_ += part.size();
    return true;
  }

  bool add_text(Kind kind, error_code& ec) {
    const std::string_view text(body_.texts_.get() + begin_, used_ - begin_);
    begin_ = used_;
    if (text.find('\0') != std::string_view::npos) return complain("it holds a NUL", ec);
    return add(kind, ec, text);
  }

  // Looks through the keys of the object at `index`, which has just been closed.
  void find_duplicate(std::uint32_t index) {
    keys_.clear();
    const auto& nodes = body_.nodes_;
    for (std::uint32_t at = index + 1; at < nodes[index].end; at = nodes[at + 1].end) {
      keys_.push_back(nodes[at].text);
    }
    if (keys_.size() < 2) return;
    std::sort(keys_.begin(), keys_.end());
    const auto twice = std::adjacent_find(keys_.begin(), keys_.end());
    if (twice != keys_.end()) body_.duplicate_key_ = *twice;
  }

  JsonBody body_;
  std::string_view complaint_;
  std::array<std::uint32_t, kMaxJsonNesting> open_{};  // the containers around this place
  std::size_t depth_ = 0;
  std::size_t begin_ = 0;  // of the text being read
  std::size_t used_ = 0;
  std::vector<std::string_view> keys_;
};

boost::system::result<JsonBody, std::string> JsonReader::read(std::string_view text) {
  // Every leniency that Boost.JSON knows is off by default; the nesting is ours to count.
  boost::json::parse_options strict;
  strict.max_depth = 2 * kMaxJsonNesting;
  boost::json::basic_parser<JsonReader> parser(strict, text.size());
  error_code ec;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  if (ec == boost::json::error::exponent_overflow) {
    const std::string shortened = shorten_exponents(text);
    if (shortened.size() < text.size()) return JsonReader::read(shortened);
  }
  JsonReader& reader = parser.handler();
  if (!reader.complaint_.empty()) return std::string(reader.complaint_);
  if (ec) return ec.message() + " near byte " + std::to_string(read);
  if (read != text.size()) return "there is something behind it at byte " + std::to_string(read);
  return std::move(reader.body_);
}

boost::system::result<JsonBody, std::string> read_json_body(std::string_view text) {
  return JsonReader::read(text);
}

}  // namespace ssmgate
