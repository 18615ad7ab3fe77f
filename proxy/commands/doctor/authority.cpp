#include "commands/doctor/authority.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <openssl/err.h>

#include "state/audit_record.hpp"
#include "tls/constraints.hpp"
#include "tls/file.hpp"

namespace ssmgate::doctor {
namespace {

// LIMIT: a month, in which every client can be given a new root.
constexpr std::chrono::hours kRootSoon{30 * 24};

long days_between(tls::Clock::time_point from, tls::Clock::time_point to) {
  using Days = std::chrono::duration<long, std::ratio<86400>>;
  return std::chrono::floor<Days>(to - from).count();
}

void read_state(const tls::CaState& state, AuthorityFacts& facts) {
  facts.stage = state.stage;
  facts.life = tls::lifetime_of(state.in_force.get());
  facts.constrained = tls::permitted_names(state.in_force.get()).has_value();
  if (state.stage == tls::RotationStage::begun) {
    facts.next_since = tls::lifetime_of(state.others.at(state.next).get()).begin;
  }
}

Findings check_rotation(const AuthorityFacts& facts, tls::Clock::time_point now,
                        const OwnCommands& own) {
  if (facts.stage == tls::RotationStage::activated) {
    return {warning("ca.rotation",
                    "a rotation of the CA waits for its last step: the old root is trusted still",
                    own.line("ca rotate --finish"))};
  }
  if (facts.next_since && now - *facts.next_since >= tls::kOverlap) {
    return {warning("ca.rotation", "a rotation of the CA waits for its second step: a week is over",
                    own.line("ca rotate --activate"))};
  }
  return {};
}

Finding check_life(const AuthorityFacts& facts, tls::Clock::time_point now,
                   const OwnCommands& own) {
  const std::string end = state::render_time(facts.life.end);
  const std::string renew = own.line("ca rotate") + " (a company's: put the new pair in its place)";
  if (now < facts.life.begin) {
    return problem("ca.clock",
                   "this machine's clock says " + state::render_time(now) +
                       ", before the CA begins (" + state::render_time(facts.life.begin) +
                       "): nothing is believed, and AWS refuses the signatures of a wrong clock",
                   "sudo timedatectl set-ntp true");
  }
  if (now >= facts.life.end) {
    return problem("ca.expired", "the CA ended at " + end + ": no client believes the gateway",
                   renew);
  }
  const long days = days_between(now, facts.life.end);
  if (facts.life.end - now < kRootSoon) {
    return warning("ca.expires", "the CA ends in " + std::to_string(days) + " days, at " + end,
                   renew);
  }
  return ok("ca.valid", "the CA is good for " + std::to_string(days) + " more days");
}

}  // namespace

AuthorityFacts gather_authority(const config::Config& settings,
                                std::vector<tls::CertificatePtr>& roots) {
  AuthorityFacts facts;
  facts.certificate = settings.ca_certificate.string();
  const auto text = tls::read_file(settings.ca_certificate, tls::Privacy::none);
  if (const auto* pem = std::get_if<std::string>(&text)) {
    if (tls::read_certificates(*pem, roots) != 0) ERR_clear_error();
  }
  for (const auto& file : {settings.ca_certificate, settings.ca_key}) {
    const bool there = ::access(file.c_str(), F_OK) == 0 || errno == EACCES;
    facts.exists = facts.exists || there;
    facts.hidden = facts.hidden || (there && ::access(file.c_str(), R_OK) != 0);
  }
  if (!facts.exists || facts.hidden) return facts;
  const tls::Rotation rotation(settings.ca_certificate, settings.ca_key);
  const auto looked = rotation.look();
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&looked)) {
    facts.fault = fault->text;
  } else {
    read_state(std::get<tls::CaState>(looked), facts);
  }
  return facts;
}

Findings check_authority(const AuthorityFacts& facts, tls::Clock::time_point now,
                         const OwnCommands& own) {
  const std::string names = "`" + facts.certificate + "`";
  if (!facts.exists) {
    return {warning("ca.missing", "there is no CA at " + names + " yet; the first start makes it",
                    own.line("serve") + " &")};
  }
  if (facts.hidden) {
    return {warning("ca.hidden",
                    "the CA at " + names + " is not this user's to read, so it was not looked at",
                    own.as_its_user())};
  }
  if (!facts.fault.empty()) {
    const std::size_t hint = facts.fault.find("; type: ");
    if (hint == std::string::npos) {
      return {problem("ca.unusable", "the gateway does not start: " + facts.fault,
                      "move both files of the CA away; " + own.line("serve") + " makes a new one")};
    }
    return {problem("ca.unusable", "the gateway does not start: " + facts.fault.substr(0, hint),
                    facts.fault.substr(hint + 8))};
  }
  Findings found = {check_life(facts, now, own)};
  append(found, check_rotation(facts, now, own));
  if (!facts.constrained) {
    found.push_back(warning("ca.unconstrained",
                            "the root at " + names +
                                " has no name constraints: whoever has its "
                                "key can be any host to clients that trust it",
                            "name a CA whose nameConstraints permit SSM's suffixes alone under "
                            "`ca`, or none there: ssmgate then makes its own"));
  }
  return found;
}

}  // namespace ssmgate::doctor
