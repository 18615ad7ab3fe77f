// The judgement, top to bottom as docs/policy.md tells it.
#include "ssmgate/rules/decide.hpp"

#include <algorithm>

#include "rules/criteria.hpp"
#include "rules/facts.hpp"
#include "rules/message.hpp"
#include "rules/nearest.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/text/duration.hpp"

namespace ssmgate {
namespace {

// The rules in report mode that matched, until their ids are needed.
using Noted = std::vector<const Rule*>;

std::vector<std::string> ids_in_file_order(Noted noted) {
  std::sort(noted.begin(), noted.end(),
            [](const Rule* a, const Rule* b) { return a->where < b->where; });
  std::vector<std::string> ids;
  ids.reserve(noted.size());
  for (const Rule* rule : noted) ids.push_back(rule->id);
  return ids;
}

const Rule* find_deny(const CompiledRules& policy, const Facts& facts, Noted& noted) {
  const Rule* found = nullptr;
  policy.deny_index.each(facts, [&](std::uint32_t index) {
    const Rule& rule = policy.deny[index];
    if (!matches(rule, facts)) return true;
    if (on_trial(rule, facts.now)) {
      noted.push_back(&rule);
      return true;
    }
    found = &rule;
    return false;
  });
  return found;
}

// The first allow rule in force that matches; where there is none, every one on trial that does is
// in `noted`.
const Rule* find_allow(const CompiledRules& policy, const Facts& facts, Noted& noted) {
  const Rule* found = nullptr;
  Noted trials;
  policy.allow_index.each(facts, [&](std::uint32_t index) {
    const Rule& rule = policy.allow[index];
    const bool may_count = !rule.report_until || on_trial(rule, facts.now);
    if (!may_count || !matches(rule, facts)) return true;
    if (rule.report_until) {
      trials.push_back(&rule);
      return true;
    }
    found = &rule;
    return false;
  });
  if (found == nullptr) noted.insert(noted.end(), trials.begin(), trials.end());
  return found;
}

void append_sentence(std::string& message, std::string_view text) {
  if (!text.empty()) message.append(" ").append(text);
}

// Beginning, what was asked, why not: what to do follows.
std::string refusal_text(const CompiledRules& policy, const Facts& facts, const Finding& finding,
                         const Rule* nearest, std::string_view why_relayed) {
  std::string out = why_relayed.empty() ? "ssmgate refused this session: "
                                        : "ssmgate would have refused this session, but ";
  if (!why_relayed.empty()) out.append(why_relayed).append(": ");
  out += describe_session(facts);
  if (finding.code == Code::explicit_deny) {
    out += " is denied by the rule `" + finding.rule + "`.";
  } else if (nearest == nullptr && !why_relayed.empty()) {
    out += " is not allowed by any rule in force.";
  } else if (nearest == nullptr) {
    out += " is not allowed by any rule; no rule that holds for this caller names this document.";
  } else {
    out += " is not allowed by any rule; the nearest, `" + nearest->id + "`, would need " +
           describe_failures(*nearest, facts) + '.';
  }
  append_sentence(out, policy.message);
  return out;
}

std::string report_mode_text(const CompiledRules& policy) {
  return "the policy is in report mode until " + render_instant(*policy.report_until);
}

void fill_asked(const StartSession& request, Finding& finding) {
  if (request.document) finding.document = request.document->text();
  finding.target = request.target.text();
  if (request.host) finding.host = request.host->text();
  finding.port = request.port;
}

// Relays a refusal that report mode lets pass, and says so.
void judge_refusal(const CompiledRules& policy, const Facts& facts, const Noted& noted,
                   Finding& finding) {
  const Rule* nearest = finding.code == Code::no_rule ? find_nearest(policy, facts) : nullptr;
  if (nearest != nullptr) finding.nearest = nearest->id;
  const auto trial =
      std::find_if(noted.begin(), noted.end(), [](const Rule* rule) { return !rule->denies; });
  std::string why_relayed;
  if (policy.report_until && facts.now < *policy.report_until) {
    why_relayed = report_mode_text(policy);
  } else if (finding.code == Code::no_rule && trial != noted.end()) {
    why_relayed = "the rule `" + (*trial)->id + "` lets it pass on trial until " +
                  render_instant(*(*trial)->report_until);
  }
  finding.effect = why_relayed.empty() ? Effect::refuse : Effect::relay;
  if (finding.code == Code::no_rule && trial != noted.end()) {
    finding.max_duration = (*trial)->max_duration;
  }
  finding.message = refusal_text(policy, facts, finding, nearest, why_relayed);
}

Finding judge(const CompiledRules& policy, const Caller& caller, const Claims& claims,
              const StartSession& request) {
  const Facts facts(policy, caller, claims, request);
  Finding finding;
  fill_asked(request, finding);
  Noted noted;
  if (const Rule* rule = find_deny(policy, facts, noted)) {
    finding.code = Code::explicit_deny;
    finding.rule = rule->id;
    judge_refusal(policy, facts, noted, finding);
  } else if (const Rule* allowing = find_allow(policy, facts, noted)) {
    finding.decision = Decision::allow;
    finding.effect = Effect::relay;
    finding.code = Code::allowed;
    finding.rule = allowing->id;
    finding.max_duration = allowing->max_duration;
    finding.message = "allowed by the rule `" + allowing->id + '`';
    if (allowing->max_duration) {
      finding.message.append(", for ").append(render_duration(*allowing->max_duration));
      finding.message.append(" at the most");
    }
  } else {
    judge_refusal(policy, facts, noted, finding);
  }
  finding.reported = ids_in_file_order(std::move(noted));
  return finding;
}

Finding judge(const CompiledRules& policy, const Claims& claims) {
  Finding finding;
  const auto denied = [&](const std::string& glob) { return glob_matches(glob, claims.operation); };
  const auto& globs = policy.denied_operations;
  if (std::none_of(globs.begin(), globs.end(), denied)) {
    finding.decision = Decision::allow;
    finding.effect = Effect::relay;
    finding.code = Code::allowed;
    finding.message = "no rule denies the operation " + printable(claims.operation);
    return finding;
  }
  finding.code = Code::operation_denied;
  finding.message = "ssmgate refused the operation " + printable(claims.operation) +
                    ": the policy denies it under `operations`.";
  append_sentence(finding.message, policy.message);
  return finding;
}

Finding judge(const CompiledRules& policy, const Malformed& malformed) {
  Finding finding;
  finding.decision = Decision::malformed;
  finding.code = malformed.code;
  finding.message = "ssmgate refused this request as malformed (" +
                    std::string(name(malformed.code)) + "): " + printable(malformed.detail) + '.';
  append_sentence(finding.message, policy.message);
  return finding;
}

}  // namespace

// The only maker of permits.
struct Judge {
  static Judgement conclude(Finding finding) {
    if (finding.effect == Effect::relay) return Permit(std::move(finding));
    return Denial(std::move(finding));
  }
  static Finding take(Judgement& judgement) noexcept {
    if (auto* permit = std::get_if<Permit>(&judgement)) return std::move(permit->finding_);
    return std::move(std::get_if<Denial>(&judgement)->finding_);
  }
};

Judgement decide(const Policy& policy, const Caller& caller, const AwsRequest& request) {
  const CompiledRules& rules = policy.rules();
  if (const auto* session = std::get_if<StartSession>(&request.what)) {
    return Judge::conclude(judge(rules, caller, request.claims, *session));
  }
  if (const auto* malformed = std::get_if<Malformed>(&request.what)) {
    return Judge::conclude(judge(rules, *malformed));
  }
  return Judge::conclude(judge(rules, request.claims));
}

const Finding& finding(const Judgement& judgement) noexcept {
  if (const auto* permit = std::get_if<Permit>(&judgement)) return permit->finding();
  return std::get_if<Denial>(&judgement)->finding();
}

Finding take_finding(Judgement& judgement) noexcept {
  return Judge::take(judgement);
}

std::string_view name(Decision decision) noexcept {
  switch (decision) {
    case Decision::deny: return "deny";
    case Decision::malformed: return "malformed";
    case Decision::allow: return "allow";
  }
  return "deny";
}

std::string_view name(Effect effect) noexcept {
  return effect == Effect::relay ? "relay" : "refuse";
}

}  // namespace ssmgate
