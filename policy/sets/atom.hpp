// The questions that criteria ask, each about one dimension of a request, as values that can be
// compared: two rules that say the same share one atom.
//
// Owns: what an atom is and whether a proposed request answers it with yes. Does not own: which
// atoms a rule is made of (product.cpp), nor how a request that answers many is found
// (solve_*.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "rules/compiled.hpp"
#include "sets/language.hpp"
#include "sets/model.hpp"

namespace ssmgate::sets {

enum class Dimension : std::uint8_t {
  principal,
  client,
  credential,
  region,
  target,
  name,
  document_account,
  parameter,
  reason,
  time,
};

struct AccountsAtom {
  std::vector<std::string> accounts;
};
struct KeysAtom {
  Globs globs;
};
// Globs over the word of the dimension; an absent region matches none.
struct WordsAtom {
  Globs globs;
};
// Where an ARN entry says a document is: holds also where the region is not known.
struct PlaceAtom {
  std::string region, partition;
};
struct BeforeAtom {
  Instant end;
};
struct AbsentAtom {};  // of a parameter
// A parameter's value, or its default where it is absent.
struct ValueAtom {
  ValueTest test;
  bool denies = false;
  std::string absent_means;  // empty: nothing
};

struct Atom {
  using Question =
      std::variant<UsersCriterion, std::vector<ClientEntry>, AccountsAtom, KeysAtom, WordsAtom,
                   PlaceAtom, BeforeAtom, Hours, RegexCriterion, AbsentAtom, ValueAtom>;
  Dimension dimension = Dimension::time;
  std::string parameter;  // its name, for Dimension::parameter
  Question question;
  Language language;  // of WordsAtom and KeysAtom, and of a ValueAtom of globs
};

struct Literal {
  const Atom* atom = nullptr;
  bool wanted = true;
  bool operator==(const Literal&) const = default;
};

using Literals = std::vector<Literal>;

// Makes atoms; equal ones are one. They live as long as the table.
class AtomTable {
 public:
  const Atom* make(Dimension dimension, Atom::Question question, std::string parameter = {});

 private:
  std::unordered_map<std::string, std::unique_ptr<Atom>> known_;
};

[[nodiscard]] bool holds(const Atom& atom, const Model& model);

// One value of the parameter `name`, as an allow or a deny rule judges it.
[[nodiscard]] bool value_passes(const ValueTest& test, std::string_view name, bool denies,
                                std::string_view value);
// What an absent parameter answers.
[[nodiscard]] bool holds_when_absent(const ValueAtom& atom, std::string_view name);

// Everything that tells one value from another, as text without ambiguity.
[[nodiscard]] std::string key_of(const Atom::Question& question);

}  // namespace ssmgate::sets
