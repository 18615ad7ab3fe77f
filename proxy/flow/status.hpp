// How a gateway is: what is in force, and whether anything is wrong with it.
//
// Owns: what counts as healthy and as ready, and the form in which commands, scrapes and the page
// are told. Does not own: who may ask (admin/).
#pragma once

#include <string>
#include <vector>

#include "flow/admission.hpp"
#include "flow/gateway.hpp"
#include "flow/history.hpp"
#include "wire/json.hpp"

namespace ssmgate::flow {

// What a status is taken from; outlives whoever asks.
struct StatusSource {
  Gateway& gateway;
  Admission& admission;
  const History& history;
};

// One thing a gateway needs, for `/readyz`; `trouble` is empty when all is well.
struct Check {
  wire::JsonName name;  // "policy", "ca", "audit", "sessions", "listeners"
  std::string trouble;
};
// Each check, in that order. A gateway that is ready has no trouble in any.
[[nodiscard]] std::vector<Check> check_ready(const StatusSource& source);

// What `healthy` of the status is: nothing that an operator has to do something about.
[[nodiscard]] bool is_healthy(const StatusSource& source);

// True while the event loop turns.
[[nodiscard]] bool is_alive(const History& history) noexcept;

// The JSON of `/v1/status` (docs/operations.md), without a newline.
[[nodiscard]] std::string render_status(const StatusSource& source);

}  // namespace ssmgate::flow
