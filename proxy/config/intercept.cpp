#include "config/intercept.hpp"

#include <algorithm>

#include "ssmgate/names/endpoint.hpp"

namespace ssmgate::config {
namespace {

// What is wrong with a name, and what to write; nothing: it is one to intercept.
std::optional<std::string> find_fault(const std::string& text) {
  const auto host = parse_host(text);
  const std::string shown = in_backticks(text);
  if (!host) {
    return shown + " is no host name: it " + std::string(describe(host.error())) +
           "; write one name, such as `ssm.example.internal`, without `*` or a port";
  }
  if (host->is_address()) {
    return shown + " is an address; a client's TLS names a host: write that name";
  }
  if (find_endpoint(host->name())) {
    return shown + " is one of AWS's own names and treated as what it is; take it out";
  }
  if (host->name().find('.') == std::string::npos) {
    return shown +
           " has no dot; the CA is constrained to names, and one label would be a whole "
           "top-level domain: write the full name";
  }
  return std::nullopt;
}

}  // namespace

Intercept load_intercept(const TreeNode& node, const Reader& read) {
  static const Keys kKnown = {"hosts"};
  Intercept intercept;
  if (!read.mapping(node, "`intercept`", span_of(kKnown))) return intercept;
  const auto* hosts = node.find("hosts");
  if (hosts == nullptr) return intercept;
  read.list(*hosts, "`hosts`", [&](const TreeNode& item) {
    const auto text = read.text(item, "an entry");
    if (!text) return;
    if (auto fault = find_fault(*text)) return read.error(item, std::move(*fault));
    const std::string name = parse_host(*text)->name();
    if (std::ranges::find(intercept.hosts, name) == intercept.hosts.end()) {
      intercept.hosts.push_back(name);
    }
  });
  return intercept;
}

}  // namespace ssmgate::config
