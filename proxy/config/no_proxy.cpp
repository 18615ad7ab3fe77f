#include "config/no_proxy.hpp"

#include <algorithm>

#include "ssmgate/names/port.hpp"

namespace ssmgate::config {
namespace {

// The colon before a port, or npos: those of an IPv6 address without brackets are none.
std::size_t find_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find(':') == colon) return colon;
  return colon > 0 && text[colon - 1] == ']' ? colon : std::string_view::npos;
}

std::string_view without_brackets(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  return bracketed ? text.substr(1, text.size() - 2) : text;
}

bool is_under(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() + 1 && name.ends_with(suffix) &&
         name[name.size() - suffix.size() - 1] == '.';
}

}  // namespace

std::variant<std::string, NoProxyEntry> NoProxyEntry::parse(std::string_view text) {
  NoProxyEntry entry;
  if (const std::size_t colon = find_port(text); colon != std::string_view::npos) {
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return "the port behind the last colon is not 1 to 65535";
    entry.port_ = *port;
    text = text.substr(0, colon);
  }
  if (text == "*") return entry;
  if (const auto block = parse_cidr(without_brackets(text))) {
    entry.what_ = *block;
    return entry;
  }
  Name name;
  if (text.starts_with("*.")) text.remove_prefix(1);
  if (text.starts_with('.')) {
    name.itself = false;
    text.remove_prefix(1);
  }
  const auto host = parse_host(text);
  if (!host || host->is_address()) {
    return "an entry is no name, `.suffix`, address, CIDR or `*`, with or without `:PORT`";
  }
  name.name = host->name();
  entry.what_ = std::move(name);
  return entry;
}

bool NoProxyEntry::matches(const Host& host, std::uint16_t port) const {
  if (port_ && *port_ != port) return false;
  if (const auto* block = std::get_if<Cidr>(&what_)) {
    return host.is_address() && block->contains(unmapped(host.address()));
  }
  const auto* name = std::get_if<Name>(&what_);
  if (name == nullptr) return true;
  if (host.is_address()) return false;
  return (name->itself && host.name() == name->name) || is_under(host.name(), name->name);
}

bool bypasses_proxy(const std::vector<NoProxyEntry>& entries, const Host& host,
                    std::uint16_t port) {
  return std::ranges::any_of(entries,
                             [&](const NoProxyEntry& entry) { return entry.matches(host, port); });
}

}  // namespace ssmgate::config
