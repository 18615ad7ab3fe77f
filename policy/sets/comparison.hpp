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
  // there, and that the second policy does not relay.
  [[nodiscard]] Found find(const Rule& rule);
  // The same for whole rules: knows at once that the second policy has an equal one.
  [[nodiscard]] Found find_of_policy(const Rule& rule);
  // A request that only the first policy's own report mode relays.
  [[nodiscard]] Found find_in_report_mode();

 private:
  struct Class {
    DocumentClass document;
    DocumentView relays, refuses;
  };

  [[nodiscard]] Found find(const Rule& rule, bool has_equal);
  [[nodiscard]] Found find_in(const Class& where, const Rule& rule, bool has_equal);
  [[nodiscard]] Found find_product(const Class& where, const Literals& product,
                                   const Surroundings& surroundings, bool has_equal);
  [[nodiscard]] Found ask(const Class& where, const Literals& wanted,
                          const Surroundings& surroundings);
  [[nodiscard]] std::optional<std::vector<Conflict>> conflicts(const Class& where,
                                                               const Model& model) const;
  void make_classes();

  const CompiledRules& relays_;
  const CompiledRules& refuses_;
  Instant now_;
  AtomTable atoms_;
  Budget budget_;
  std::vector<Class> classes_;
  RuleFinder relays_deny_, refuses_deny_, refuses_allow_;
  std::unordered_set<std::string> equal_allow_;
  std::vector<const Rule*> own_denies_;  // of the second policy, which the first has not
  bool report_mode_ = false;             // being asked about
};

// The classes of documents, the absent one left out.
[[nodiscard]] const std::vector<DocumentClass>& document_classes();

}  // namespace ssmgate::sets
