// HTTPS_PROXY and what is taken for it.
#include "commands/doctor/proxy_variables.hpp"

namespace ssmgate::doctor {
namespace {

constexpr std::string_view kAws = "the AWS CLI and boto3";
constexpr std::string_view kGo = "session-manager-plugin";

std::string both(std::string_view url) {
  const std::string word = shell_word(url);
  return "export HTTPS_PROXY=" + word + " https_proxy=" + word;
}

// "HTTPS_PROXY" for what stands in it, in the spelling that is set.
std::string spelling(const Environment& environment) {
  return find_filled(environment, "HTTPS_PROXY") ? "HTTPS_PROXY" : "https_proxy";
}

Finding unset(const Environment& environment, const OwnCommands& own) {
  const auto has = [&](const char* upper, const char* lower) {
    return find_filled(environment, upper) || find_filled(environment, lower);
  };
  const std::string comes = "; every request goes straight to AWS, past the gateway";
  if (has("HTTP_PROXY", "http_proxy")) {
    return problem(
        "proxy.http-only",
        "HTTP_PROXY is set and HTTPS_PROXY is not: it is for http:// URLs, and no client "
        "uses it for AWS" +
            comes,
        own.set_shell());
  }
  if (has("ALL_PROXY", "all_proxy")) {
    return problem("proxy.all-only",
                   "ALL_PROXY is set and HTTPS_PROXY is not: " + std::string(kAws) + " and " +
                       std::string(kGo) + " ignore it" + comes,
                   own.set_shell());
  }
  return problem("proxy.unset", "HTTPS_PROXY is not set in this shell" + comes, own.set_shell());
}

// `https_proxy` set to nothing hides HTTPS_PROXY from Python, and is nothing to Go.
Finding hidden(const ProxySeen& seen) {
  return problem("proxy.spellings",
                 "https_proxy is set to nothing: " + std::string(kAws) +
                     " take that for no proxy and go past the gateway, " + std::string(kGo) +
                     " goes by HTTPS_PROXY",
                 seen.go ? "export https_proxy=\"$HTTPS_PROXY\"" : "unset https_proxy");
}

Finding different(const ProxySeen& seen, std::string_view gateway) {
  const auto upper = read_proxy(*seen.go);
  const auto* leads = std::get_if<config::ProxyUrl>(&upper);
  const bool upper_is_right = leads != nullptr && render_proxy(*leads) == gateway;
  return problem("proxy.spellings",
                 "HTTPS_PROXY and https_proxy differ: " + std::string(kAws) +
                     " go by https_proxy, " + std::string(kGo) + " by HTTPS_PROXY",
                 upper_is_right ? "export https_proxy=\"$HTTPS_PROXY\""
                                : "export HTTPS_PROXY=\"$https_proxy\"");
}

// A URL that both clients take from the environment.
Findings check_url(const std::string& url, const std::string& variable, const OwnCommands& own) {
  if (lower_case(url).starts_with("socks")) {
    return {problem("proxy.socks",
                    variable + " names a SOCKS proxy: " + std::string(kAws) +
                        " cannot speak to one, nor is a gateway one",
                    own.replace_proxy())};
  }
  const auto read = read_proxy(url);
  if (const auto* fault = std::get_if<std::string>(&read)) {
    return {
        problem("proxy.unreadable", variable + " is no proxy URL: " + *fault, own.replace_proxy())};
  }
  const auto& proxy = std::get<config::ProxyUrl>(read);
  Findings found = {ok("proxy.set", variable + " leads to " + render_proxy(proxy))};
  if (url.find("://") == std::string::npos) {
    found = {warning("proxy.no-scheme",
                     variable + " has no scheme: " + std::string(kAws) + " and " +
                         std::string(kGo) +
                         " take it for http://, JavaScript's proxy agents "
                         "and others refuse it",
                     both("http://" + std::string(proxy.username ? "NAME:PASSWORD@" : "") +
                          render_proxy(proxy).substr(7)))};
  }
  if (proxy.tls) {
    found = {warning("proxy.https",
                     variable + " is an https:// URL: " + std::string(kGo) +
                         " cannot speak to one, and hangs after `Starting session`; boto3 and the "
                         "AWS CLI's other commands can",
                     "give the gateway a plain listener on loopback (`listen: [{address: "
                     "127.0.0.1:8877}]`), on this machine with `upstream.proxy` if it is another")};
  }
  return found;
}

}  // namespace

ProxySeen find_proxy(const Environment& environment) {
  const auto upper = find_filled(environment, "HTTPS_PROXY");
  const auto lower = find(environment, "https_proxy");
  ProxySeen seen;
  seen.go = upper ? upper : find_filled(environment, "https_proxy");
  seen.botocore = lower ? find_filled(environment, "https_proxy") : upper;
  return seen;
}

std::variant<std::string, config::ProxyUrl> read_proxy(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    return config::parse_proxy_url("http:" + std::string(url.starts_with("//") ? "" : "//") +
                                   std::string(url));
  }
  // RFC 3986 §3.1: clients read it in any case.
  return config::parse_proxy_url(lower_case(url.substr(0, scheme)) +
                                 std::string(url.substr(scheme)));
}

std::string render_proxy(const config::ProxyUrl& proxy) {
  const bool v6 = proxy.host.find(':') != std::string::npos;
  return std::string(proxy.tls ? "https://" : "http://") +
         (v6 ? "[" + proxy.host + "]" : proxy.host) + ":" + std::to_string(proxy.port);
}

Findings check_proxy_variables(const Environment& environment, const OwnCommands& own,
                               std::string_view gateway) {
  const ProxySeen seen = find_proxy(environment);
  if (!seen.botocore && !seen.go) return {unset(environment, own)};
  if (!seen.botocore) return {hidden(seen)};
  Findings found;
  if (*seen.botocore != *seen.go) found.push_back(different(seen, gateway));
  append(found, check_url(*seen.botocore,
                          *seen.botocore == *seen.go ? spelling(environment) : "https_proxy", own));
  return found;
}

}  // namespace ssmgate::doctor
