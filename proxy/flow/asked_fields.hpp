// What was asked for, as the admin listener shows it of a session and of a refusal alike.
#pragma once

#include "wire/json.hpp"

namespace ssmgate::flow {

// `document`, `target`, `host`, `port` (null: none) and `rule`.
template <class Asked>
void add_asked(wire::JsonObject& out, const Asked& asked) {
  out.text("document", asked.document)
      .text("target", asked.target)
      .text("host", asked.host)
      .number_or_null("port", asked.port)
      .text("rule", asked.rule);
}

}  // namespace ssmgate::flow
