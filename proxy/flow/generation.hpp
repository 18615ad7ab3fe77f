// What is in force: a configuration, its policy, and what was built from both.
//
// A reload builds a new generation aside and puts it in the place of the old one, whole. Whoever
// works with the old one keeps it until done. What a reload does not change is the same object in
// both.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "config/config.hpp"
#include "flow/entrance.hpp"
#include "flow/upstream_pool.hpp"
#include "flow/way_out.hpp"
#include "net/resolver.hpp"
#include "ssmgate/rules/policy.hpp"
#include "state/audit_log.hpp"
#include "tls/authority.hpp"

namespace ssmgate::flow {

class Gateway;

struct StartFault {
  std::vector<std::string> lines;  // each a whole line for standard error
};

// The way up: shared by generations whose `upstream`, `egress` and roots are the same, so that
// their connections stay warm.
struct Upstreams {
  Upstreams(const config::Config& settings, tls::ContextPtr context, std::shared_ptr<WayOut> way);
  const std::shared_ptr<WayOut> way_out;
  UpstreamPool pool;
};

struct Generation {
  // What a generation is made of. The fingerprints tell whether files are what they were.
  struct Parts {
    std::shared_ptr<const Policy> policy;
    std::shared_ptr<tls::Authority> authority;
    std::shared_ptr<state::AuditLog> audit;
    std::shared_ptr<Upstreams> upstreams;
    std::vector<EntrancePtr> entrances;
    std::string authority_fingerprint;
    std::string roots_fingerprint;
    std::string log_servers_fingerprint;
  };
  Generation(config::Config settings, Parts parts);

  const config::Config config;
  const std::shared_ptr<const Policy> policy;
  const std::shared_ptr<tls::Authority> authority;
  const std::shared_ptr<state::AuditLog> audit;
  const std::vector<EntrancePtr> entrances;  // one for each of `config.listen`, in its order
  const std::shared_ptr<Upstreams> upstreams;
  const std::shared_ptr<WayOut> way_out;
  UpstreamPool& pool;
  const std::string authority_fingerprint;
  const std::string roots_fingerprint;
  const std::string log_servers_fingerprint;
};

using GenerationPtr = std::shared_ptr<Generation>;

// Loads policy, CA, upstream roots and what the listeners need, and opens the audit log, as
// `settings` say; what is the same in `running` (null at the start) is taken from there. Blocks.
// `gateway`, which it is for, outlives the generation.
[[nodiscard]] std::variant<StartFault, GenerationPtr> open_generation(config::Config settings,
                                                                      Gateway& gateway,
                                                                      const Generation* running);

}  // namespace ssmgate::flow
