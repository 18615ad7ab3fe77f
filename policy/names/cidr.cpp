// Blocks of addresses: syntax and containment. Host bits are taken as they come; the policy's lint
// warns of them.
#include <algorithm>

#include "names/ascii.hpp"
#include "ssmgate/names/ip_address.hpp"

namespace ssmgate {
namespace {

int bit_width(const IpAddress& address) noexcept {
  return address.is_v4() ? 32 : 128;
}

// True when the first `bits` bits of both are alike. INVARIANT: both are of one family.
bool share_prefix(const IpAddress& a, const IpAddress& b, int bits) noexcept {
  const auto x = a.bytes();
  const auto y = b.bytes();
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(whole), y.begin())) {
    return false;
  }
  const int rest = bits % 8;
  return rest == 0 || ((x[whole] ^ y[whole]) >> (8 - rest)) == 0;
}

// 0–128 in decimal, one spelling each.
std::optional<int> parse_length(std::string_view text) noexcept {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (!ascii::is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

bool Cidr::contains(const IpAddress& address) const noexcept {
  return base_.is_v4() == address.is_v4() && share_prefix(base_, address, length_);
}

bool Cidr::contains(const Cidr& other) const noexcept {
  return length_ <= other.length_ && contains(other.base_);
}

bool Cidr::has_host_bits() const noexcept {
  const auto bytes = base_.bytes();
  for (int bit = length_; bit < bit_width(base_); ++bit) {
    const auto byte = bytes[static_cast<std::size_t>(bit / 8)];
    if ((byte >> (7 - bit % 8) & 1) != 0) return true;
  }
  return false;
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> base = parse_ip_address(text.substr(0, slash));
  if (!base) return std::nullopt;
  if (slash == std::string_view::npos) return Cidr(*base, bit_width(*base));
  const std::optional<int> length = parse_length(text.substr(slash + 1));
  if (!length || *length > bit_width(*base)) return std::nullopt;
  return Cidr(*base, *length);
}

}  // namespace ssmgate
