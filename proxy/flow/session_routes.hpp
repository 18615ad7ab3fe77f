// What the admin listener answers about sessions, and how one is killed.
#pragma once

#include "admin/router.hpp"
#include "flow/session_keeper.hpp"

namespace ssmgate::flow {

// GET /v1/sessions; POST /v1/sessions/ID/kill. `keeper` outlives the listener.
void add_session_routes(admin::Router& router, SessionKeeper& keeper);

}  // namespace ssmgate::flow
