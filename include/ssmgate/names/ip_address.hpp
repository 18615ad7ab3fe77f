// IPv4 and IPv6 addresses and blocks of them, as values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ssmgate {

// An address in network byte order. An IPv4-mapped IPv6 address is kept as IPv6: who wants it
// unmapped says so (`unmapped`, `embedded_ipv4`).
class IpAddress {
 public:
  [[nodiscard]] static IpAddress v4(const std::array<std::uint8_t, 4>& bytes) noexcept;
  [[nodiscard]] static IpAddress v6(const std::array<std::uint8_t, 16>& bytes) noexcept;

  [[nodiscard]] bool is_v4() const noexcept { return size_ == 4; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept {
    return {bytes_.data(), size_};
  }
  auto operator<=>(const IpAddress&) const = default;

 private:
  IpAddress() = default;
  std::array<std::uint8_t, 16> bytes_{};
  std::uint8_t size_ = 0;
};

// Dotted-quad IPv4 without leading zeros, or RFC 4291 IPv6 without brackets and zone.
[[nodiscard]] std::optional<IpAddress> parse_ip_address(std::string_view text);

// RFC 5952 for IPv6, dotted quad for IPv4.
[[nodiscard]] std::string render_ip_address(const IpAddress& address);

// `::ffff:a.b.c.d` as a.b.c.d, anything else as it is: for the address of a peer.
[[nodiscard]] IpAddress unmapped(const IpAddress& address) noexcept;

// A block of addresses, e.g. 10.20.0.0/16. A bare address is a block of one.
class Cidr {
 public:
  Cidr(const IpAddress& base, int prefix_length) noexcept : base_(base), length_(prefix_length) {}
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  [[nodiscard]] bool contains(const Cidr& other) const noexcept;
  [[nodiscard]] bool has_host_bits() const noexcept;
  [[nodiscard]] const IpAddress& base() const noexcept { return base_; }
  [[nodiscard]] int prefix_length() const noexcept { return length_; }
  bool operator==(const Cidr&) const = default;

 private:
  IpAddress base_;
  int length_;
};

// "ADDRESS" or "ADDRESS/LENGTH"; the length is decimal without leading zeros.
[[nodiscard]] std::optional<Cidr> parse_cidr(std::string_view text);

}  // namespace ssmgate
