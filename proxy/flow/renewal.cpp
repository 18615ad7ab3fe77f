#include "flow/renewal.hpp"

#include <utility>

#include "ssmgate/rules/decide.hpp"

namespace ssmgate::flow {

bool renew(Downstream& downstream) {
  const GenerationPtr was = std::exchange(downstream.generation, downstream.gateway.current());
  return was != downstream.generation;
}

Route make_refusal(Code code, std::string reason) {
  Route refused;
  refused.refusal = code;
  refused.reason = std::move(reason);
  return refused;
}

std::optional<Route> find_revoked(const Entrance& entrance, const Generation& generation) {
  if (is_in_force(entrance, generation.entrances)) return std::nullopt;
  return make_refusal(Code::unauthenticated,
                      find_entrance(generation.entrances, entrance.key)
                          ? "a reload has changed whom this listener lets in; connect again"
                          : "a reload has taken this listener out; connect by another");
}

std::optional<Route> find_cut(const Entrance& entrance, const std::string& host,
                              const Generation& generation) {
  std::optional<Route> revoked = find_revoked(entrance, generation);
  if (revoked || find_served(host, generation.config.intercept)) return revoked;
  return make_refusal(Code::egress, host + " is not intercepted since a reload; connect again");
}

void fill_refusal(state::AuditRecord& record, const Route& refused) {
  record.decision = "deny";
  record.effect = name(Effect::refuse);
  record.code = name(*refused.refusal);
  record.message = refused.reason;
}

void fill_cut(state::AuditRecord& record, const Route& refused) {
  fill_refusal(record, refused);
  record.closed_by = name(Closer::policy);
}

}  // namespace ssmgate::flow
