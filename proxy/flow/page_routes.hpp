// The page that a person keeps open, and what it is told.
//
// Owns: `/`, `/metrics`, `/v1/policy`, `/v1/refusals` and the feed `/v1/events`. Does not own: how
// the page looks (admin/page.html, its style and script beside it).
#pragma once

#include "admin/router.hpp"
#include "flow/status.hpp"

namespace ssmgate::flow {

void add_page_routes(admin::Router& router, const StatusSource& source);

}  // namespace ssmgate::flow
