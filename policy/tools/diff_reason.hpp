// Why one policy relays a request and another does not, in words for a person.
#pragma once

#include <string>

#include "rules/compiled.hpp"
#include "sets/model.hpp"

namespace ssmgate::tools {

// Which way a comparison looks: the words differ.
enum class Direction : std::uint8_t { granted, revoked };

// `rule`, of the policy that relays, matches the request; `other` does not relay it.
[[nodiscard]] std::string explain_change(const Rule& rule, const CompiledRules& relays,
                                         const CompiledRules& other, const sets::Model& request,
                                         Direction direction);

}  // namespace ssmgate::tools
