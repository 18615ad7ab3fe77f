// NO_PROXY: what each client makes of an entry. The same word keeps a host from the proxy in one
// client and not in another.
#include <algorithm>
#include <set>

#include "commands/client_environment.hpp"
#include "commands/doctor/proxy_variables.hpp"
#include "ssmgate/names/ip_address.hpp"

namespace ssmgate::doctor {
namespace {

// What a list of each client is; the same entry may stand in both.
struct Lists {
  std::vector<std::string> botocore;
  std::vector<std::string> go;
  std::vector<std::string> all;  // of both variables, each once, in their order
};

Lists find_lists(const Environment& environment) {
  const auto upper = find(environment, "NO_PROXY");
  const auto lower = find(environment, "no_proxy");
  Lists lists;
  lists.botocore = split_entries(lower ? *lower : upper.value_or(""));
  lists.go = split_entries(upper && !upper->empty() ? *upper : lower.value_or(""));
  std::set<std::string> seen;
  for (const auto& entry : split_entries(upper.value_or("") + "," + lower.value_or(""))) {
    if (seen.insert(entry).second) lists.all.push_back(entry);
  }
  return lists;
}

std::string joined(const std::vector<std::string>& entries) {
  std::string text;
  for (const std::string& entry : entries) text += (text.empty() ? "" : ",") + entry;
  return text;
}

std::string set_both(std::string_view value) {
  const std::string word = shell_word(value);
  return "export NO_PROXY=" + word + " no_proxy=" + word;
}

bool contains(const std::vector<std::string>& entries, const std::string& entry) {
  return std::ranges::find(entries, entry) != entries.end();
}

// Which clients `entry` keeps from the proxy for `host`; empty: none.
std::string who_bypasses(const Lists& lists, const std::string& entry, std::string_view host) {
  const bool botocore = contains(lists.botocore, entry) && botocore_bypasses(entry, host);
  const bool go = contains(lists.go, entry) && go_bypasses(entry, host);
  if (botocore && go) return "the AWS CLI, boto3 and session-manager-plugin";
  if (botocore) return "the AWS CLI and boto3 (not session-manager-plugin)";
  return go ? "session-manager-plugin and other Go clients (not the AWS CLI)" : "";
}

struct Service {
  const char* host;
  const char* when;  // the variable that leads there; null: always
};

// Where the SDKs ask for credentials, over plain HTTP.
constexpr Service kServices[] = {{"169.254.169.254", nullptr},
                                 {"169.254.170.2", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"},
                                 {"169.254.170.23", "AWS_CONTAINER_CREDENTIALS_FULL_URI"}};

bool is_asked(const Environment& environment, const Service& service) {
  if (service.when != nullptr) {
    const auto value = find_filled(environment, service.when);
    return value && (!value->starts_with("http") || value->find(service.host) != std::string::npos);
  }
  return lower_case(find(environment, "AWS_EC2_METADATA_DISABLED").value_or("")) != "true";
}

}  // namespace

bool botocore_bypasses(std::string_view entry, std::string_view host) {
  std::string name = lower_case(entry);
  if (name == "*") return true;
  name.erase(0, std::min(name.find_first_not_of('.'), name.size()));
  if (name.empty()) return false;
  return host == name || host.ends_with("." + name);
}

bool go_bypasses(std::string_view entry, std::string_view host) {
  std::string name = lower_case(entry);
  if (name == "*") return true;
  if (const auto block = parse_cidr(name)) {
    const auto address = parse_ip_address(host);
    return address && block->contains(*address);
  }
  if (const std::size_t colon = name.rfind(':');
      colon != std::string::npos && name.find(':') == colon) {
    if (name.substr(colon + 1) != "443") return false;
    name.resize(colon);
  }
  if (name.empty()) return false;
  if (name.starts_with("*.")) name.erase(0, 1);
  if (name.starts_with('.')) return host.ends_with(name);
  return host == name || host.ends_with("." + name);
}

Findings check_no_proxy(const Environment& environment, std::string_view api,
                        std::string_view channel) {
  const Lists lists = find_lists(environment);
  std::vector<std::string> kept;
  Findings found;
  for (const std::string& entry : lists.all) {
    const std::string from_api = who_bypasses(lists, entry, api);
    const std::string from_channel = who_bypasses(lists, entry, channel);
    std::string text = "`" + entry + "` in NO_PROXY ";
    if (!from_api.empty()) {
      text.append("keeps ").append(api).append(" away from the gateway in ").append(from_api);
      found.push_back(problem("no-proxy.ssm", std::move(text), {}));
    } else if (!from_channel.empty()) {
      text.append("keeps the sessions' own data channel (")
          .append(channel)
          .append(") away from the gateway in ")
          .append(from_channel);
      found.push_back(warning("no-proxy.channel", std::move(text), {}));
    } else if (commands::bypasses_gateway(entry)) {
      text += "keeps other SSM endpoints away from the gateway";
      found.push_back(warning("no-proxy.other", std::move(text), {}));
    } else {
      kept.push_back(entry);
    }
  }
  for (Finding& each : found) each.mend = set_both(joined(kept));
  const std::set<std::string> upper(lists.go.begin(), lists.go.end());
  const std::set<std::string> lower(lists.botocore.begin(), lists.botocore.end());
  if (upper != lower) {
    found.push_back(warning("no-proxy.spellings",
                            "NO_PROXY and no_proxy differ: the AWS CLI and boto3 go by no_proxy, "
                            "session-manager-plugin by NO_PROXY",
                            set_both(joined(kept))));
  }
  if (found.empty()) found.push_back(ok("no-proxy.ssm", "NO_PROXY leaves SSM to the gateway"));
  return found;
}

Findings check_credential_hosts(const Environment& environment) {
  const auto upper = find_filled(environment, "HTTP_PROXY");
  const auto lower = find(environment, "http_proxy");
  const bool botocore = lower ? !lower->empty() : upper.has_value();
  const bool go = upper || (lower && !lower->empty());
  const Lists lists = find_lists(environment);
  for (const Service& service : kServices) {
    if (!is_asked(environment, service)) continue;
    const auto direct = [&](const std::vector<std::string>& entries, auto bypasses) {
      return std::ranges::any_of(entries, [&](const auto& e) { return bypasses(e, service.host); });
    };
    const bool asked = (botocore && !direct(lists.botocore, botocore_bypasses)) ||
                       (go && !direct(lists.go, go_bypasses));
    if (!asked) continue;
    return {problem("no-proxy.credentials",
                    "HTTP_PROXY takes requests for credentials (" + std::string(service.host) +
                        ") to the proxy, which has none to give",
                    set_both(commands::extended_no_proxy(joined(lists.all))))};
  }
  return {ok("no-proxy.credentials",
             "instance and container credentials are asked for without a proxy")};
}

}  // namespace ssmgate::doctor
