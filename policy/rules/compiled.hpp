// A policy as the judgement uses it: every entry parsed, every regular expression compiled.
//
// Owns: the shape of a loaded policy. Does not own: how it is read (load_policy.cpp) and what it
// means (criteria.cpp, decide.cpp).
//
// INVARIANT: an empty list here is a criterion that the rule leaves out; the loader refuses an
// empty list in the file, so the two cannot be mixed up.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rules/document_pattern.hpp"
#include "rules/hours.hpp"
#include "rules/instant.hpp"
#include "rules/nearest_index.hpp"
#include "rules/rule_index.hpp"
#include "ssmgate/names/host.hpp"
#include "ssmgate/names/ip_address.hpp"
#include "ssmgate/names/port.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace re2 {
class RE2;
}

namespace ssmgate {

struct UsersCriterion {
  bool said = false;  // the rule has `users`
  bool any = false;
  std::vector<std::string> names;  // sorted; groups are written out
  std::vector<std::string> unix_users;
  std::vector<std::string> unix_groups;
};

// An entry beside the text a person wrote, which a refusal shows.
struct HostEntry {
  HostPattern pattern;
  std::string text;
};

struct ClientEntry {
  Cidr block;
  std::string text;
};

struct PortEntry {
  PortRange range;
  std::string text;
};

struct RegexCriterion {
  std::string text;
  std::shared_ptr<const re2::RE2> compiled;  // null: the rule leaves it out
};

struct AnyValue {};
using Globs = std::vector<std::string>;
using ValueTest =
    std::variant<AnyValue, Globs, std::vector<HostEntry>, std::vector<PortEntry>, RegexCriterion>;

struct ParameterCriterion {
  std::string name;
  ValueTest test;
};

struct Rule {
  std::string id;
  Position where;       // of the rule's first key
  bool denies = false;  // deny rules read "one is enough" where allow rules read "every"
  std::optional<Instant> report_until;  // `mode: report`

  UsersCriterion users;
  std::vector<ClientEntry> clients;
  std::vector<std::string> accounts;
  Globs access_keys;
  Globs regions;
  Globs targets;
  std::vector<DocumentPattern> documents;
  std::vector<HostEntry> hosts;
  std::vector<PortEntry> ports;
  Globs commands;
  std::vector<ParameterCriterion> parameters;
  RegexCriterion reason;
  std::optional<Instant> not_before;
  std::optional<Instant> expires;
  std::optional<Hours> hours;

  // No criterion, and of an allow rule alone: how long a session that it let start may last.
  std::optional<std::chrono::milliseconds> max_duration;
};

// Noted, not acted on. At its trial's end a deny rule begins to hold; an allow rule ends.
[[nodiscard]] inline bool on_trial(const Rule& rule, Instant now) {
  return rule.report_until && now < *rule.report_until;
}

struct CompiledRules {
  std::string revision;
  std::string default_document;
  std::optional<Document> default_canonical;  // INVARIANT: present once loaded
  std::optional<Instant> report_until;        // `mode: report` of the whole policy
  std::vector<Rule> allow;
  std::vector<Rule> deny;
  RuleIndex allow_index;
  RuleIndex deny_index;
  NearestIndex nearest_index;  // of `allow`
  Globs denied_operations;
  std::string message;  // printable, one line; empty: none
};

}  // namespace ssmgate
