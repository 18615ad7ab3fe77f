// What the admin listener answers about the gateway as a whole, and how it is told to reload.
#pragma once

#include <functional>

#include "admin/router.hpp"
#include "flow/reloader.hpp"
#include "flow/status.hpp"

namespace ssmgate::flow {

// GET /healthz, /readyz and /v1/status; POST /v1/reload, which calls `reload` with whom to tell;
// GET and PUT /v1/log-level, of the operator's log.
void add_status_routes(admin::Router& router, const StatusSource& source,
                       std::function<void(ReloadDone)> reload);

}  // namespace ssmgate::flow
