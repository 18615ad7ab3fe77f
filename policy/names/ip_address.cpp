// Reads and writes IP addresses. By hand, because every library at hand takes spellings that other
// readers take for something else: zones, leading zeros, text behind a NUL.
#include "ssmgate/names/ip_address.hpp"

#include <algorithm>

#include "names/ascii.hpp"

namespace ssmgate {
namespace {

constexpr std::size_t kGroups = 8;

// Reads one dotted quad that is all of `text`.
bool read_dotted_quad(std::string_view text, std::span<std::uint8_t, 4> out) noexcept {
  std::size_t at = 0;
  for (std::size_t part = 0; part < 4; ++part) {
    if (part > 0 && (at == text.size() || text[at++] != '.')) return false;
    const std::size_t begin = at;
    unsigned value = 0;
    while (at < text.size() && ascii::is_digit(text[at]) && at - begin < 3) {
      value = value * 10 + static_cast<unsigned>(text[at++] - '0');
    }
    const bool leading_zero = at - begin > 1 && text[begin] == '0';
    if (at == begin || leading_zero || value > 255) return false;
    out[part] = static_cast<std::uint8_t>(value);
  }
  return at == text.size();
}

// The groups of an IPv6 address as they are read, and where "::" stood among them.
struct Groups {
  std::array<std::uint16_t, kGroups> value{};
  std::size_t count = 0;
  std::optional<std::size_t> gap;
};

// Reads the dotted quad that may stand for the last two groups.
bool read_embedded_quad(std::string_view text, Groups& groups) noexcept {
  std::array<std::uint8_t, 4> quad{};
  if (groups.count > kGroups - 2 || !read_dotted_quad(text, quad)) return false;
  groups.value[groups.count++] = static_cast<std::uint16_t>(quad[0] << 8 | quad[1]);
  groups.value[groups.count++] = static_cast<std::uint16_t>(quad[2] << 8 | quad[3]);
  return true;
}

// Reads "group(:group)*" from the front of `text`, up to its end or to a "::", which is left.
bool read_group_run(std::string_view& text, Groups& groups) noexcept {
  while (true) {
    const std::size_t end = std::min(text.find(':'), text.size());
    const std::string_view piece = text.substr(0, end);
    if (piece.find('.') != std::string_view::npos) {
      if (end != text.size() || !read_embedded_quad(piece, groups)) return false;
      text = {};
      return true;
    }
    if (piece.empty() || piece.size() > 4 || groups.count == kGroups) return false;
    unsigned value = 0;
    for (const char c : piece) {
      const int digit = ascii::hex_value(c);
      if (digit < 0) return false;
      value = value << 4 | static_cast<unsigned>(digit);
    }
    groups.value[groups.count++] = static_cast<std::uint16_t>(value);
    text.remove_prefix(end);
    if (text.empty() || text.starts_with("::")) return true;
    text.remove_prefix(1);
  }
}

std::optional<Groups> read_groups(std::string_view text) noexcept {
  Groups groups;
  if (!text.starts_with("::") && !read_group_run(text, groups)) return std::nullopt;
  if (!text.empty()) {
    groups.gap = groups.count;
    text.remove_prefix(2);
    if (!text.empty() && !read_group_run(text, groups)) return std::nullopt;
  }
  // RFC 4291 §2.2: "::" stands for at least one group, and stands once.
  const bool complete = groups.gap ? groups.count < kGroups : groups.count == kGroups;
  return text.empty() && complete ? std::optional(groups) : std::nullopt;
}

std::optional<IpAddress> parse_v6(std::string_view text) noexcept {
  const std::optional<Groups> groups = read_groups(text);
  if (!groups) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  const std::size_t left_out = kGroups - groups->count;
  for (std::size_t i = 0; i < groups->count; ++i) {
    const std::size_t at = groups->gap && i >= *groups->gap ? i + left_out : i;
    bytes[2 * at] = static_cast<std::uint8_t>(groups->value[i] >> 8);
    bytes[2 * at + 1] = static_cast<std::uint8_t>(groups->value[i] & 0xFF);
  }
  return IpAddress::v6(bytes);
}

bool is_mapped(const IpAddress& address) noexcept {
  static constexpr std::array<std::uint8_t, 12> kPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  return !address.is_v4() && std::equal(kPrefix.begin(), kPrefix.end(), address.bytes().begin());
}

std::string render_quad(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text += '.';
    text += std::to_string(byte);
  }
  return text;
}

struct Run {
  std::size_t begin = 0;
  std::size_t size = 0;
};

// RFC 5952 §4.2: the longest run of zero groups, the first of equals, never a single group.
Run find_longest_zero_run(const std::array<std::uint16_t, kGroups>& groups) noexcept {
  Run best, current;
  for (std::size_t i = 0; i < kGroups; ++i) {
    current = groups[i] != 0 ? Run{i + 1, 0} : Run{current.begin, current.size + 1};
    if (current.size > best.size) best = current;
  }
  return best.size > 1 ? best : Run{kGroups, 0};
}

void append_hex(std::uint16_t group, std::string& out) {
  bool started = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = static_cast<unsigned>(group >> shift) & 0xFU;
    started = started || digit != 0 || shift == 0;
    if (started) out += "0123456789abcdef"[digit];
  }
}

}  // namespace

IpAddress IpAddress::v4(const std::array<std::uint8_t, 4>& bytes) noexcept {
  IpAddress address;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  address.size_ = 4;
  return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) noexcept {
  IpAddress address;
  address.bytes_ = bytes;
  address.size_ = 16;
  return address;
}

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return parse_v6(text);
  std::array<std::uint8_t, 4> quad{};
  if (!read_dotted_quad(text, quad)) return std::nullopt;
  return IpAddress::v4(quad);
}

std::string render_ip_address(const IpAddress& address) {
  const auto bytes = address.bytes();
  if (address.is_v4()) return render_quad(bytes);
  if (is_mapped(address)) return "::ffff:" + render_quad(bytes.subspan(12));
  std::array<std::uint16_t, kGroups> groups{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    groups[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  }
  const Run zeros = find_longest_zero_run(groups);
  std::string text;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == zeros.begin) {
      text += "::";
      i += zeros.size - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    append_hex(groups[i], text);
  }
  return text;
}

IpAddress unmapped(const IpAddress& address) noexcept {
  if (!is_mapped(address)) return address;
  const auto bytes = address.bytes();
  return IpAddress::v4({bytes[12], bytes[13], bytes[14], bytes[15]});
}

}  // namespace ssmgate
