// Why one policy relays a request and another does not, in words for a person.
#pragma once

#include <string>

#include "rules/compiled.hpp"
#include "sets/model.hpp"

namespace ssmgate::tools {

// Which way a comparison looks: the words differ.
enum class Direction : std::uint8_t { granted, revoked };

// No allow rule of `other` matches the request, which `rule` lets pass.
[[nodiscard]] std::string explain_unallowed(const Rule& rule, const CompiledRules& other,
                                            const sets::Model& request, Direction direction);

// `deny`, of the policy that refuses, matches the request; `relays` is the one that does not.
[[nodiscard]] std::string explain_denied(const Rule& deny, const CompiledRules& relays,
                                         const sets::Model& request, Direction direction);

}  // namespace ssmgate::tools
