// What is in force: a configuration, its policy, and what was built from both.
//
// A reload builds a new generation aside and puts it in the place of the old one, whole. Whoever
// works with the old one keeps it until done.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "config/config.hpp"
#include "flow/entrance.hpp"
#include "flow/upstream_pool.hpp"
#include "net/dialer.hpp"
#include "net/resolver.hpp"
#include "ssmgate/rules/policy.hpp"
#include "state/audit_log.hpp"
#include "tls/authority.hpp"

namespace ssmgate::flow {

struct StartFault {
  std::vector<std::string> lines;  // each a whole line for standard error
};

struct Generation {
  Generation(config::Config settings, std::shared_ptr<const Policy> rules,
             std::shared_ptr<tls::Authority> ca, tls::ContextPtr upstream_context,
             std::shared_ptr<state::AuditLog> log, std::vector<EntrancePtr> doors,
             net::Resolver& resolver);

  const config::Config config;
  const std::shared_ptr<const Policy> policy;
  const std::shared_ptr<tls::Authority> authority;
  const std::shared_ptr<state::AuditLog> audit;
  const std::vector<EntrancePtr> entrances;  // one for each of `config.listen`, in its order
  net::Dialer dialer;
  UpstreamPool pool;
};

using GenerationPtr = std::shared_ptr<Generation>;

// Loads policy, CA, upstream roots and what the listeners need, and opens the audit log, as
// `settings` say. `resolver` outlives the generation.
[[nodiscard]] std::variant<StartFault, GenerationPtr> open_generation(config::Config settings,
                                                                      net::Resolver& resolver);

}  // namespace ssmgate::flow
