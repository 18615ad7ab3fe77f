// What one policy relays and another does not.
//
// Owns: how "relays" is put to the search. Does not own: what a person is told (tools/diff.cpp).
#pragma once

#include <string>
#include <unordered_set>

#include "sets/rule_finder.hpp"
#include "sets/search.hpp"
#include "ssmgate/rules/policy.hpp"

namespace ssmgate::sets {

class Comparison {
 public:
  // Both policies must outlive it. A witness at or after `now` is preferred.
  Comparison(const CompiledRules& relays, const CompiledRules& refuses, Instant now);

  // A request that `rule`, an allow rule of the first policy or one cut down from it, lets pass
  // there, and that no allow rule of the second policy does (or that is malformed to it). `beside`,
  // a rule of the second policy, must match as well, where it is given.
  [[nodiscard]] Found find_unallowed(const Rule& rule, const Rule* beside = nullptr);
  // The same, refused by `deny`, one of own_denies().
  [[nodiscard]] Found find_denied(const Rule& rule, const Rule& deny);
  // The deny rules of the second policy to which the first has no equal.
  [[nodiscard]] const std::vector<const Rule*>& own_denies() const noexcept { return own_denies_; }
  // A request that both policies relay, the first by `rule`, the second by `other`, its own.
  [[nodiscard]] Found find_decided(const Rule& rule, const Rule& other);
  // A request that only the first policy's own report mode relays.
  [[nodiscard]] Found find_in_report_mode();

 private:
  struct Class {
    DocumentClass document;
    DocumentView relays, refuses;
  };
  // Whose rules must not match a proposal: the first policy's denials, the second's allowances.
  struct Unwanted {
    bool denials = true, allowances = true;
  };

  // In one class of documents, for each conjunction of the rule.
  [[nodiscard]] Found find_unallowed_in(const Class& where, const Rule& rule, const Rule* beside,
                                        bool has_equal);
  [[nodiscard]] Found find_unread(const Class& where, const Literals& product,
                                  const Surroundings& surroundings, Unwanted unwanted);
  [[nodiscard]] Literals enforced(Literals wanted);
  [[nodiscard]] Found ask(const Class& where, const Literals& wanted,
                          const Surroundings& surroundings, Unwanted unwanted);
  [[nodiscard]] std::optional<std::vector<Conflict>> conflicts(const Class& where,
                                                               const Model& model,
                                                               Unwanted unwanted) const;
  [[nodiscard]] std::optional<std::vector<Conflict>> taken_earlier(const Class& where,
                                                                   const Model& model,
                                                                   const Rule& rule,
                                                                   const Rule& other) const;
  [[nodiscard]] static std::vector<std::string> common_parameters(const Rule& rule,
                                                                  const Rule& other,
                                                                  const Class& where);
  void make_classes();

  const CompiledRules& relays_;
  const CompiledRules& refuses_;
  Instant now_;
  Shared shared_;
  std::vector<Class> classes_;
  RuleFinder relays_deny_, relays_allow_, refuses_deny_, refuses_allow_;
  std::unordered_set<std::string> equal_allow_;
  std::vector<const Rule*> own_denies_;
};

// The classes of documents, the absent one left out.
[[nodiscard]] const std::vector<DocumentClass>& document_classes();

}  // namespace ssmgate::sets
