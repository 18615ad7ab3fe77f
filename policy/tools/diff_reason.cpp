#include "tools/diff_reason.hpp"

#include <algorithm>
#include <array>

#include "rules/criteria.hpp"
#include "sets/proposal.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::tools {
namespace {

std::string_view key_of(Criterion criterion) noexcept {
  switch (criterion) {
    case Criterion::documents: return "documents";
    case Criterion::users: return "users";
    case Criterion::clients: return "clients";
    case Criterion::accounts: return "accounts";
    case Criterion::access_keys: return "access_keys";
    case Criterion::regions: return "regions";
    case Criterion::targets: return "targets";
    case Criterion::hosts: return "hosts";
    case Criterion::ports: return "ports";
    case Criterion::commands: return "commands";
    case Criterion::parameters: return "parameters";
    case Criterion::reason: return "reason";
    case Criterion::not_before: return "not_before";
    case Criterion::expires: return "expires";
    case Criterion::hours: return "hours";
  }
  return "";
}

const Rule* find_rule(const std::vector<Rule>& rules, const std::string& id) {
  const auto found =
      std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.id == id; });
  return found == rules.end() ? nullptr : &*found;
}

bool in_force(const Rule& deny, Instant now) {
  return !deny.report_until || now >= *deny.report_until;
}

std::string about_allow(const Rule& rule, const CompiledRules& other, const Facts& facts,
                        Direction direction) {
  const bool granted = direction == Direction::granted;
  const Rule* same = find_rule(other.allow, rule.id);
  if (same == nullptr) return granted ? "a new rule" : "the rule is gone";
  std::string keys;
  for (const Criterion criterion : criteria()) {
    if (holds(criterion, *same, facts)) continue;
    keys.append(keys.empty() ? "" : ", ").append(in_backticks(key_of(criterion)));
  }
  if (!keys.empty()) return (granted ? "wider " : "narrower ") + keys;
  return granted ? "the rule is no longer a trial that ends" : "the rule has become a trial";
}

}  // namespace

std::string explain_unallowed(const Rule& rule, const CompiledRules& other,
                              const sets::Model& request, Direction direction) {
  const bool granted = direction == Direction::granted;
  std::string trial;
  if (granted && rule.report_until) {
    trial = "; on trial until " + render_instant(*rule.report_until);
  }
  const auto refused = sets::Proposal::make(other, request);
  if (!request.name || !refused) {
    return "`default_document` " + std::string(granted ? "was " : "is now ") +
           in_backticks(other.default_document) + trial;
  }
  return about_allow(rule, other, refused->facts(), direction) + trial;
}

std::string explain_denied(const Rule& deny, const CompiledRules& relays,
                           const sets::Model& request, Direction direction) {
  const bool granted = direction == Direction::granted;
  const auto same = find_rule(relays.deny, deny.id);
  const std::string rule = "the deny rule " + in_backticks(deny.id);
  if (same == nullptr) return rule + (granted ? " is gone" : " is new");
  if (!in_force(*same, request.now)) {
    return granted ? rule + " is on trial until " + render_instant(*same->report_until)
                   : rule + " is no longer on trial then";
  }
  return rule + (granted ? " is narrower" : " is wider");
}

}  // namespace ssmgate::tools
