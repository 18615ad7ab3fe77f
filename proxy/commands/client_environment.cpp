#include "commands/client_environment.hpp"

#include <algorithm>
#include <cstdlib>

#include "ssmgate/names/endpoint.hpp"

namespace ssmgate::commands {
namespace fs = std::filesystem;
namespace {

// The credential endpoints of EC2, ECS and EKS, and the machine itself: a proxy in between breaks
// credentials, or hands them out.
constexpr std::string_view kNeverProxied[] = {"169.254.169.254", "169.254.170.2", "169.254.170.23",
                                              "fd00:ec2::254",   "localhost",     "127.0.0.1"};

// Both spellings: Python prefers the lower-case one, Go and curl read either.
constexpr const char* kProxyNames[] = {"HTTPS_PROXY", "https_proxy"};
constexpr const char* kNoProxyNames[] = {"NO_PROXY", "no_proxy"};

constexpr const char* kBundleNames[] = {"AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"};

// `url` without the name and the password that may stand in it.
std::string without_credentials(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t at = url.rfind('@');
  if (scheme == std::string_view::npos || at == std::string_view::npos) return std::string(url);
  return std::string(url.substr(0, scheme + 3)) + std::string(url.substr(at + 1));
}

bool has_credentials(const Lookup& current, std::string_view proxy) {
  return std::ranges::any_of(kProxyNames, [&](const char* name) {
    const auto value = current(name);
    return value && *value != proxy && without_credentials(*value) == proxy;
  });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view entry = trimmed(text.substr(0, comma));
    if (!entry.empty()) entries.emplace_back(entry);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return entries;
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lowered;
}

}  // namespace

std::optional<std::string> lookup_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

std::string set_name(std::string_view name) {
  return "SSMGATE_SET_" + std::string(name);
}

std::string saved_name(std::string_view name) {
  return "SSMGATE_SAVED_" + std::string(name);
}

bool is_set_by_env(const std::string& name, const Lookup& current) {
  const auto value = current(name);
  return value && value == current(set_name(name));
}

Lookup without_env(Lookup current) {
  return [current = std::move(current)](const std::string& name) {
    return current(is_set_by_env(name, current) ? saved_name(name) : name);
  };
}

bool bypasses_gateway(std::string_view entry) {
  std::string name = lower(trimmed(entry));
  if (name == "*") return true;
  if (const std::size_t colon = name.rfind(':'); colon != std::string::npos) name.resize(colon);
  const bool suffix = name.starts_with("*.") || name.starts_with('.');
  const std::string bare = name.substr(name.starts_with("*.") ? 2 : suffix ? 1 : 0);
  if (bare.empty()) return false;
  if (find_endpoint(bare)) return true;
  // A bare name stands for itself and everything below it: `amazonaws.com`, `us-east-1.api.aws`.
  return std::ranges::any_of(endpoint_suffixes(), [&](std::string_view known) {
    const std::string below = "." + std::string(known);
    return bare == known || bare.ends_with(below) || below.ends_with("." + bare);
  });
}

std::string extended_no_proxy(std::string_view current) {
  std::vector<std::string> entries = split_list(current);
  for (const std::string_view host : kNeverProxied) {
    if (std::ranges::find(entries, host) == entries.end()) entries.emplace_back(host);
  }
  std::string joined;
  for (const std::string& entry : entries) {
    if (!joined.empty()) joined += ',';
    joined += entry;
  }
  return joined;
}

std::span<const char* const> bundle_names(std::string_view proxy) {
  const std::span<const char* const> all(kBundleNames);
  return proxy.starts_with("https://") ? all : all.first(2);
}

std::vector<std::string> client_variable_names() {
  std::vector<std::string> names;
  for (const auto& group : {kProxyNames, kNoProxyNames}) {
    names.insert(names.end(), group, group + 2);
  }
  names.insert(names.end(), std::begin(kBundleNames), std::end(kBundleNames));
  return names;
}

std::variant<EnvironmentFault, ClientEnvironment> make_client_environment(std::string_view proxy,
                                                                          const fs::path& bundle,
                                                                          const Lookup& current) {
  ClientEnvironment environment;
  for (const char* name : kProxyNames) {
    const auto value = current(name);
    if (is_set_by_env(name, current)) {
      return EnvironmentFault{std::string(name) +
                              " is ssmgate's own, set by `ssmgate env`; take it back first: "
                              "`eval \"$(ssmgate env --unset)\"`"};
    }
    // The value is not shown: it may hold a password.
    if (value && without_credentials(*value) != proxy) {
      return EnvironmentFault{std::string(name) +
                              " is set to another proxy already; name that one as "
                              "`upstream.proxy` in the gateway's configuration, so that the "
                              "gateway goes through it, and then: `unset HTTPS_PROXY "
                              "https_proxy`"};
    }
  }
  // One with a password serves both spellings: writing the other beside it would take it away.
  if (!has_credentials(current, proxy)) {
    for (const char* name : kProxyNames) {
      environment.variables.push_back({name, std::string(proxy)});
    }
  }
  std::string no_proxy;
  for (const char* name : kNoProxyNames) {
    const std::string value = current(name).value_or("");
    for (const std::string& entry : split_list(value)) {
      if (("," + no_proxy + ",").find("," + entry + ",") != std::string::npos) continue;
      if (!no_proxy.empty()) no_proxy += ',';
      no_proxy += entry;
      if (!bypasses_gateway(entry)) continue;
      environment.warnings.push_back("warning: `" + entry +
                                     "` in NO_PROXY keeps SSM endpoints away from the gateway; "
                                     "take it out");
    }
  }
  for (const char* name : kNoProxyNames) {
    environment.variables.push_back({name, extended_no_proxy(no_proxy)});
  }
  for (const char* name : bundle_names(proxy))
    environment.variables.push_back({name, bundle.string()});
  return environment;
}

}  // namespace ssmgate::commands
