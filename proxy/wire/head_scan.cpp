// The scanner is an automaton over bytes: HeadScan::step is its whole grammar.
#include "wire/head_scan.hpp"

#include <algorithm>
#include <array>

#include "wire/eight_bytes.hpp"

namespace ssmgate::wire {
namespace {

// SOURCE: RFC 9110 §5.6.2, tchar.
constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> table{};
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

// What a field's value may hold: HTAB, visible ASCII, blanks, and bytes over 0x7f as they are.
constexpr std::array<bool, 256> kValue = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 0x20; c < 256; ++c) table[c] = c != 0x7f;
  table['\t'] = true;
  return table;
}();

constexpr std::string_view kVersion = "HTTP/1.";

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

constexpr std::string_view kBareLf = "a bare LF: lines end with CR LF";
constexpr std::string_view kBareCr = "a bare CR: lines end with CR LF";
constexpr std::string_view kControl = "a control character";

// The index of the first byte from `at` on that is none of `table`'s, at most `end`.
std::size_t skip(const std::array<bool, 256>& table, std::string_view bytes, std::size_t at,
                 std::size_t end) {
  while (at < end && table[static_cast<unsigned char>(bytes[at])]) ++at;
  return at;
}

// The index of the first byte from `at` on that a value may not hold, at most `end`.
std::size_t skip_value(std::string_view bytes, std::size_t at, std::size_t end) {
  constexpr std::size_t kStep = sizeof(EightBytes::word);
  while (end - at >= kStep) {
    const EightBytes eight = EightBytes::at(bytes.data() + at);
    const std::uint64_t odd = eight.controls() | eight.equal(0x7f);
    at += odd == 0 ? kStep : EightBytes::first(odd);
    if (odd == 0) continue;
    if (!kValue[static_cast<unsigned char>(bytes[at])]) return at;
    ++at;  // HTAB
  }
  return skip(kValue, bytes, at, end);
}

// Why a byte that a value may not hold is refused there.
std::string_view why_not_value(unsigned char byte) {
  return byte == '\n' ? kBareLf : kControl;
}

}  // namespace

bool is_token_char(unsigned char byte) noexcept {
  return kToken[byte];
}

HeadScan::Step HeadScan::advance(std::string_view bytes) {
  const std::size_t end = std::min(bytes.size(), kMaxHead);
  while (at_ < end && state_ < State::end) {
    if (state_ == State::value) at_ = skip_value(bytes, at_, end);
    if (state_ == State::name) at_ = skip(kToken, bytes, at_, end);
    if (at_ == end) break;
    state_ = step(static_cast<unsigned char>(bytes[at_]));
    ++at_;
  }
  if (state_ < State::end && at_ == kMaxHead) state_ = State::too_large;
  switch (state_) {
    case State::end: return Step::end;
    case State::fault: return Step::fault;
    case State::too_large: return Step::too_large;
    default: return Step::need_more;
  }
}

HeadScan::State HeadScan::step(unsigned char byte) {
  switch (state_) {
    case State::method:
      if (byte == ' ' && !empty_) {
        empty_ = true;
        return State::target;
      }
      if (!kToken[byte]) return fail("a request line that begins with no method");
      empty_ = false;
      return State::method;
    case State::target:
      if (byte == ' ' && !empty_) return State::version;
      if (byte <= ' ' || byte >= 0x7f)
        return fail("a request target with a blank or odd character");
      empty_ = false;
      return State::target;
    case State::version:
      if (version_at_ < kVersion.size()) {
        if (byte != static_cast<unsigned char>(kVersion[version_at_])) {
          return fail("a version other than HTTP/1.1");
        }
      } else if (version_at_ == kVersion.size()) {
        if (byte != '0' && byte != '1') return fail("a version other than HTTP/1.1");
      } else {
        return byte == '\r'   ? State::start_line_cr
               : byte == '\n' ? fail(kBareLf)
                              : fail("something behind the version");
      }
      ++version_at_;
      return State::version;
    case State::status_line:
      if (byte == '\r') return State::start_line_cr;
      return kValue[byte] ? State::status_line : fail(why_not_value(byte));
    case State::start_line_cr:
      if (byte != '\n') return fail(kBareCr);
      start_line_ = at_ + 1;
      return State::line;
    case State::line: return start_field(byte);
    case State::name:
      if (byte == ':') return State::value;
      if (byte == ' ' || byte == '\t') return fail("a blank before the colon of a field");
      return kToken[byte] ? State::name : fail("a field name that is no token");
    case State::value: return byte == '\r' ? State::value_cr : fail(why_not_value(byte));
    case State::value_cr: return byte == '\n' ? State::line : fail(kBareCr);
    case State::last_cr: return byte == '\n' ? State::end : fail(kBareCr);
    case State::end:
    case State::fault:
    case State::too_large: break;
  }
  return state_;
}

HeadScan::State HeadScan::start_field(unsigned char byte) {
  if (byte == '\r') return State::last_cr;
  if (byte == ' ' || byte == '\t') return fail("a folded field: each field is one line");
  if (byte == '\n') return fail(kBareLf);
  return kToken[byte] ? State::name : fail("a field name that is no token");
}

HeadScan::State HeadScan::fail(std::string_view why) {
  why_ = why;
  return State::fault;
}

std::string HeadScan::fault() const {
  if (state_ == State::too_large) {
    return "a head over " + std::to_string(kMaxHead / 1024) + " KiB";
  }
  if (state_ != State::fault) return {};
  return std::string(why_) + ", at byte " + std::to_string(at_) + " of the head";
}

SplitHead split_head(std::string_view head) {
  SplitHead split;
  std::size_t eol = head.find("\r\n");
  const std::string_view line = head.substr(0, eol);
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  split.method = line.substr(0, first);
  split.target = line.substr(first + 1, second - first - 1);
  split.minor = line.back();
  constexpr std::size_t kUsualFields = 16;
  split.fields.reserve(kUsualFields);
  split.lines.reserve(kUsualFields);

  // The last two bytes are the empty line's.
  for (std::size_t at = eol + 2; at + 2 < head.size(); at = eol + 2) {
    eol = head.find("\r\n", at);
    const std::string_view field = head.substr(at, eol - at);
    const std::size_t colon = field.find(':');
    split.fields.push_back({field.substr(0, colon), trim(field.substr(colon + 1))});
    split.lines.push_back(head.substr(at, eol + 2 - at));
  }
  return split;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 120;
  if (text.size() <= kShown) return "`" + std::string(text) + "`";
  return "`" + std::string(text.substr(0, kShown)) + "...`";
}

bool spells(std::string_view name, std::string_view letters) noexcept {
  std::size_t at = 0;
  for (const char c : name) {
    const char lower = static_cast<char>(c | 0x20);
    if (lower < 'a' || lower > 'z') continue;
    if (at == letters.size() || lower != letters[at]) return false;
    ++at;
  }
  return at == letters.size();
}

}  // namespace ssmgate::wire
