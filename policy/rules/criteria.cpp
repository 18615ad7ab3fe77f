#include "rules/criteria.hpp"

#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "ssmgate/names/glob.hpp"

namespace ssmgate {
namespace {

bool any_glob(const Globs& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_matches(glob, text); });
}

bool any_host(const std::vector<HostEntry>& entries, const Host& host, bool denies) {
  return std::any_of(entries.begin(), entries.end(), [&](const HostEntry& entry) {
    return denies ? entry.pattern.matches(host) : entry.pattern.grants(host);
  });
}

bool any_port(const std::vector<PortEntry>& entries, std::uint16_t port) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const PortEntry& entry) { return entry.range.contains(port); });
}

bool search(const RegexCriterion& regex, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex.compiled);
}

bool users_hold(const UsersCriterion& users, const Caller& caller) {
  if (!users.said) return true;
  if (users.any && (caller.user || caller.unix_user)) return true;
  if (caller.user && std::binary_search(users.names.begin(), users.names.end(), *caller.user)) {
    return true;
  }
  if (!caller.unix_user) return false;
  const auto listed = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return listed(users.unix_users, *caller.unix_user) ||
         std::any_of(caller.unix_groups.begin(), caller.unix_groups.end(),
                     [&](const std::string& group) { return listed(users.unix_groups, group); });
}

bool clients_hold(const Rule& rule, const Facts& facts) {
  return rule.clients.empty() ||
         std::any_of(rule.clients.begin(), rule.clients.end(),
                     [&](const ClientEntry& entry) { return entry.block.contains(facts.client); });
}

bool documents_hold(const Rule& rule, const Facts& facts) {
  return rule.documents.empty() ||
         std::any_of(rule.documents.begin(), rule.documents.end(),
                     [&](const DocumentPattern& pattern) {
                       return pattern.matches(facts.document, facts.place);
                     });
}

// A criterion on a claim, which does not hold for a claim that was not made.
bool claim_holds(const Globs& globs, std::string_view claim) {
  return globs.empty() || (!claim.empty() && any_glob(globs, claim));
}

bool accounts_hold(const Rule& rule, const Facts& facts) {
  return rule.accounts.empty() ||
         (!facts.claims.account.empty() &&
          std::binary_search(rule.accounts.begin(), rule.accounts.end(), facts.claims.account));
}

// `hosts`, `ports` and `commands` of a rule against a catalogued document that does not take the
// parameter: passed over in an allow rule, so that one rule can serve both forwarding documents.
// A rule that leaves the criterion out grants nothing that takes it; the loader asks for it.
enum class Ground : std::uint8_t { holds, fails, judge };

Ground ground(bool said, bool catalogued, bool takes, bool denies) noexcept {
  if (denies) return said ? Ground::judge : Ground::holds;
  if (catalogued && !takes) return Ground::holds;
  if (said) return Ground::judge;
  return catalogued ? Ground::fails : Ground::holds;
}

bool hosts_hold(const Rule& rule, const Facts& facts) {
  const CatalogueEntry* entry = facts.catalogued;
  const Ground where = ground(!rule.hosts.empty(), entry != nullptr,
                              entry != nullptr && entry->takes_host, rule.denies);
  if (where != Ground::judge) return where == Ground::holds;
  return facts.host() != nullptr && any_host(rule.hosts, *facts.host(), rule.denies);
}

bool ports_hold(const Rule& rule, const Facts& facts) {
  const CatalogueEntry* entry = facts.catalogued;
  const Ground where = ground(!rule.ports.empty(), entry != nullptr,
                              entry != nullptr && entry->takes_port, rule.denies);
  if (where != Ground::judge) return where == Ground::holds;
  return facts.port() && any_port(rule.ports, *facts.port());
}

bool commands_hold(const Rule& rule, const Facts& facts) {
  const CatalogueEntry* entry = facts.catalogued;
  const Ground where = ground(!rule.commands.empty(), entry != nullptr,
                              entry != nullptr && entry->takes_command, rule.denies);
  if (where != Ground::judge) return where == Ground::holds;
  return facts.request.command && any_glob(rule.commands, *facts.request.command);
}

bool value_passes(const ParameterCriterion& criterion, std::string_view value, bool denies) {
  if (std::holds_alternative<AnyValue>(criterion.test)) return true;
  if (const auto* globs = std::get_if<Globs>(&criterion.test)) return any_glob(*globs, value);
  if (const auto* hosts = std::get_if<std::vector<HostEntry>>(&criterion.test)) {
    const auto host = parse_host(value);
    return host && any_host(*hosts, *host, denies);
  }
  if (const auto* ports = std::get_if<std::vector<PortEntry>>(&criterion.test)) {
    const auto port =
        criterion.name == "localPortNumber" ? parse_local_port(value) : parse_port(value);
    return port && any_port(*ports, *port);
  }
  return search(std::get<RegexCriterion>(criterion.test), value);
}

bool parameters_hold(const Rule& rule, const Facts& facts) {
  const bool all = std::all_of(
      rule.parameters.begin(), rule.parameters.end(),
      [&](const ParameterCriterion& criterion) { return parameter_holds(criterion, rule, facts); });
  return all && find_unnamed_parameter(rule, facts) == nullptr;
}

}  // namespace

std::span<const Criterion> criteria() noexcept {
  static constexpr std::array kAll = {
      Criterion::documents,   Criterion::users,    Criterion::clients,    Criterion::accounts,
      Criterion::access_keys, Criterion::regions,  Criterion::targets,    Criterion::hosts,
      Criterion::ports,       Criterion::commands, Criterion::parameters, Criterion::reason,
      Criterion::not_before,  Criterion::expires,  Criterion::hours,
  };
  return kAll;
}

bool parameter_holds(const ParameterCriterion& criterion, const Rule& rule, const Facts& facts) {
  const auto& sent = facts.request.parameters;
  const auto found = std::find_if(sent.begin(), sent.end(), [&](const Parameter& parameter) {
    return parameter.name == criterion.name;
  });
  if (found == sent.end()) {
    if (!rule.denies && std::holds_alternative<AnyValue>(criterion.test)) return true;
    const std::string_view value = facts.default_value(criterion.name);
    return !value.empty() && value_passes(criterion, value, rule.denies);
  }
  const auto passes = [&](const std::string& value) {
    return value_passes(criterion, value, rule.denies);
  };
  const auto& values = found->values;
  return rule.denies ? std::any_of(values.begin(), values.end(), passes)
                     : std::all_of(values.begin(), values.end(), passes);
}

const Parameter* find_unnamed_parameter(const Rule& rule, const Facts& facts) {
  if (rule.denies || facts.catalogued != nullptr) return nullptr;
  const auto named = [&](const Parameter& parameter) {
    if (parameter.name == "host") return !rule.hosts.empty();
    if (parameter.name == "portNumber") return !rule.ports.empty();
    if (parameter.name == "command") return !rule.commands.empty();
    return std::any_of(rule.parameters.begin(), rule.parameters.end(),
                       [&](const ParameterCriterion& c) { return c.name == parameter.name; });
  };
  const auto& sent = facts.request.parameters;
  const auto unnamed = std::find_if_not(sent.begin(), sent.end(), named);
  return unnamed == sent.end() ? nullptr : &*unnamed;
}

bool holds(Criterion criterion, const Rule& rule, const Facts& facts) {
  switch (criterion) {
    case Criterion::documents: return documents_hold(rule, facts);
    case Criterion::users: return users_hold(rule.users, facts.caller);
    case Criterion::clients: return clients_hold(rule, facts);
    case Criterion::accounts: return accounts_hold(rule, facts);
    case Criterion::access_keys: return claim_holds(rule.access_keys, facts.claims.access_key);
    case Criterion::regions: return claim_holds(rule.regions, facts.claims.region);
    case Criterion::targets: return claim_holds(rule.targets, facts.request.target.text());
    case Criterion::hosts: return hosts_hold(rule, facts);
    case Criterion::ports: return ports_hold(rule, facts);
    case Criterion::commands: return commands_hold(rule, facts);
    case Criterion::parameters: return parameters_hold(rule, facts);
    case Criterion::reason:
      return rule.reason.compiled == nullptr ||
             (facts.request.reason && search(rule.reason, *facts.request.reason));
    case Criterion::not_before: return !rule.not_before || facts.now >= *rule.not_before;
    case Criterion::expires: return !rule.expires || facts.now < *rule.expires;
    case Criterion::hours: return !rule.hours || ssmgate::holds(*rule.hours, facts.now);
  }
  return false;
}

bool matches(const Rule& rule, const Facts& facts) {
  const auto all = criteria();
  return std::all_of(all.begin(), all.end(),
                     [&](Criterion criterion) { return holds(criterion, rule, facts); });
}

}  // namespace ssmgate
