// What a reload means for a connection that is on its way: it goes by what is in force from here
// on, and no further where that would not have let it come so far.
#pragma once

#include <optional>
#include <string>

#include "flow/closer.hpp"
#include "flow/downstream.hpp"
#include "flow/route.hpp"

namespace ssmgate::flow {

// Puts what is in force in the place of what `downstream` went by. True: that is another.
bool renew(Downstream& downstream);

// Why who came in by `entrance` is let no further: `generation` has another for its listener, or
// has no such listener. Whoever it is would have to be asked again.
[[nodiscard]] std::optional<Route> find_revoked(const Entrance& entrance,
                                                const Generation& generation);
[[nodiscard]] inline std::optional<Route> find_revoked(const Downstream& downstream) {
  return find_revoked(*downstream.entrance, *downstream.generation);
}

// Why what is asked of the intercepted `host` is not judged: by whom, or that it is intercepted no
// more.
[[nodiscard]] std::optional<Route> find_cut(const Entrance& entrance, const std::string& host,
                                            const Generation& generation);

// Of one that is cut off.
[[nodiscard]] Route make_refusal(Code code, std::string reason);
// What a record says of a refusal, and of one that is hung up on unanswered.
void fill_refusal(state::AuditRecord& record, const Route& refused);
void fill_cut(state::AuditRecord& record, const Route& refused);

}  // namespace ssmgate::flow
