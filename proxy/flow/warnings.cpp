#include "flow/warnings.hpp"

#include <algorithm>

#include "config/values.hpp"
#include "flow/route.hpp"
#include "ssmgate/rules/session_limits.hpp"
#include "ssmgate/text/duration.hpp"
#include "ssmgate/tools/callers.hpp"

namespace ssmgate::flow {
namespace {

// LIMIT: rules that a line names; a policy may have thousands.
constexpr std::size_t kRulesNamed = 5;

tools::KnownOfCallers known_of_callers(const std::vector<config::Listener>& listeners) {
  tools::KnownOfCallers known;
  for (const config::Listener& listener : listeners) {
    known.unix_users = known.unix_users || listener.auth == config::Auth::local_user;
    known.users =
        known.users || listener.auth == config::Auth::basic || listener.auth == config::Auth::mtls;
  }
  return known;
}

std::string enumerate(const std::vector<std::string>& ids) {
  std::string text;
  for (std::size_t i = 0; i < std::min(ids.size(), kRulesNamed); ++i) {
    text += (i == 0 ? "`" : ", `") + ids[i] + "`";
  }
  if (ids.size() > kRulesNamed) {
    text += " and " + std::to_string(ids.size() - kRulesNamed) + " more";
  }
  return text;
}

void add_rules_for_nobody(const config::Config& settings, const Policy& policy,
                          std::vector<std::string>& lines) {
  const tools::KnownOfCallers known = known_of_callers(settings.listen);
  const auto ids = tools::find_rules_for_nobody(policy, known);
  if (ids.empty()) return;
  std::string wants = known.unix_users ? "`auth: basic` or `auth: mtls`" : "`auth: local-user`";
  if (!known.users && !known.unix_users) {
    wants = "`auth: local-user`, `auth: basic` or `auth: mtls`";
  }
  lines.push_back("the policy's " + enumerate(ids) +
                  " can never apply: `users` names whom no listener can know; give a listener " +
                  wants);
}

void add_rules_too_long(const config::Config& settings, const Policy& policy,
                        std::vector<std::string>& lines) {
  const auto limit = settings.sessions.max_duration;
  const auto ids = find_rules_longer_than(policy, limit);
  if (ids.empty()) return;
  lines.push_back("the policy's " + enumerate(ids) + " would let sessions last longer than " +
                  in_backticks("sessions.max_duration: " + render_duration(limit)) +
                  ", which ends them; make the one longer or the other shorter");
}

// To the proxy behind this gateway everyone is who its configuration says.
void add_lent_identity(const config::Config& settings, std::vector<std::string>& lines) {
  const auto& proxy = settings.upstream.proxy;
  if (!proxy || (!proxy->certificate && !proxy->username)) return;
  for (const config::Listener& listener : settings.listen) {
    if (listener.auth != config::Auth::none || listener.own_user_only) continue;
    if (listener.tls && listener.tls->client_ca) continue;  // who has no certificate stays out
    const bool here = config::is_loopback(listener.bind.address);
    lines.push_back(
        "the listener " + config::render_socket_address(listener.bind) +
        " has `auth: none`, and `upstream.proxy` is asked in the name that this "
        "configuration has: whoever comes in passes for it; give the listener " +
        (here ? "`auth: local-user`, or use `ssmgate run`" : "`auth: basic` or `auth: mtls`"));
  }
}

// A name that the entry is about, with a region for each wildcard; empty: of an address, or of
// names that may be any.
std::string example_of(const HostPattern& pattern) {
  const auto* name = std::get_if<HostPattern::Name>(&pattern.form());
  if (name == nullptr || name->leading_wildcard) return {};
  std::string text;
  for (std::size_t i = 0; i < name->labels.size(); ++i) {
    const std::string& label = name->labels[i];
    text += (i == 0 ? "" : ".") + (label == "*" ? "us-east-1" : label);
  }
  return text;
}

}  // namespace

std::vector<std::string> find_policy_warnings(const config::Config& settings,
                                              const Policy& policy) {
  std::vector<std::string> lines;
  add_rules_for_nobody(settings, policy, lines);
  add_rules_too_long(settings, policy, lines);
  return lines;
}

std::vector<std::string> find_egress_warnings(const config::Config& settings) {
  std::vector<std::string> lines;
  for (const config::EgressEntry& entry : settings.egress.deny) {
    const std::string name = example_of(entry.host);
    const auto endpoint = find_served(name, settings.intercept);
    if (!endpoint) continue;
    const bool api = endpoint->service == Endpoint::Service::api;
    lines.push_back("`egress.deny` is not asked about `" + name + "`: " +
                    (api ? "what is asked of Systems Manager is for the policy to judge; refuse it "
                           "there, by `deny` or `operations`"
                         : "a data channel goes by its session; refuse that one, in the policy"));
  }
  return lines;
}

std::vector<std::string> find_warnings(const config::Config& settings, const Policy& policy) {
  std::vector<std::string> lines = find_policy_warnings(settings, policy);
  for (std::string& line : find_egress_warnings(settings)) lines.push_back(std::move(line));
  add_lent_identity(settings, lines);
  return lines;
}

}  // namespace ssmgate::flow
