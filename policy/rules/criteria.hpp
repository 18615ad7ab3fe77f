// What each criterion of a rule means.
//
// Owns: one function a criterion, and the difference between allow and deny rules in each.
// Does not own: the order of rules and what follows from a match (decide.cpp).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "rules/compiled.hpp"
#include "rules/facts.hpp"

namespace ssmgate {

enum class Criterion : std::uint8_t {
  documents,
  users,
  clients,
  accounts,
  access_keys,
  regions,
  targets,
  hosts,
  ports,
  commands,
  parameters,
  reason,
  not_before,
  expires,
  hours,
};

// Every criterion, the cheap and telling ones first.
[[nodiscard]] std::span<const Criterion> criteria() noexcept;

[[nodiscard]] bool holds(Criterion criterion, const Rule& rule, const Facts& facts);

// All criteria hold. Does not look at `mode: report`.
[[nodiscard]] bool matches(const Rule& rule, const Facts& facts);

// One entry of `parameters`, for the message of a refusal.
[[nodiscard]] bool parameter_holds(const ParameterCriterion& criterion, const Rule& rule,
                                   const Facts& facts);

// A parameter of the request that `rule`, an allow rule, does not name; for documents outside the
// catalogue that alone makes it not match. Null: none.
[[nodiscard]] const Parameter* find_unnamed_parameter(const Rule& rule, const Facts& facts);

}  // namespace ssmgate
