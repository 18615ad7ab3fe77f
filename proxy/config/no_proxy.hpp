// `upstream.no_proxy`: what is dialled directly although there is a parent proxy. Pure.
//
//   *                  everything
//   example.com        that name and every name under it
//   .example.com       names under it alone; *.example.com likewise
//   10.0.0.0/8, ::1    addresses that a client asked for as such: names are not looked up for this
//   …:8443             with a port, only that one; [::1]:8443 for IPv6
//
// SOURCE: Go's golang.org/x/net/http/httpproxy, the one precise description that there is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ssmgate/names/host.hpp"

namespace ssmgate::config {

class NoProxyEntry {
 public:
  // A fault in words.
  [[nodiscard]] static std::variant<std::string, NoProxyEntry> parse(std::string_view text);
  [[nodiscard]] bool matches(const Host& host, std::uint16_t port) const;
  bool operator==(const NoProxyEntry&) const = default;

 private:
  struct Everything {
    bool operator==(const Everything&) const = default;
  };
  struct Name {
    std::string name;
    bool itself = true;  // not only what is under it
    bool operator==(const Name&) const = default;
  };
  std::variant<Everything, Name, Cidr> what_;
  std::optional<std::uint16_t> port_;
};

[[nodiscard]] bool bypasses_proxy(const std::vector<NoProxyEntry>& entries, const Host& host,
                                  std::uint16_t port);

}  // namespace ssmgate::config
