// A record as OCSF has it: class API Activity (6003). A pure mapping of the fields of a line.
// SOURCE: schema.ocsf.io 1.3.0, class api_activity, profiles cloud and security_control.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "state/audit_chain.hpp"

namespace ssmgate::state {

// `fields` as render_fields makes them. What has no place in the class is under `unmapped`, which
// comes last and is left open: the chain goes in there. Cost: the JSON is parsed again.
[[nodiscard]] std::string ocsf_fields(std::string_view fields);

// The line of a record in either format.
[[nodiscard]] inline std::string render_line(std::string_view fields, const ChainEnd& end,
                                             LineFormat format) {
  if (format == LineFormat::json) return chained_line(fields, end);
  return chained_line(ocsf_fields(fields), end, format);
}

}  // namespace ssmgate::state
