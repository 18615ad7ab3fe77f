// StartSession's body as the API's model shapes it: which members there are, their JSON types,
// lengths and patterns. Does not own: what the values mean (start_session.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "request/json_body.hpp"
#include "ssmgate/request/start_session.hpp"

namespace ssmgate {

// Keeps the fault with the least code; of equals, the first that was found.
class Faults {
 public:
  template <class Detail>
  void note(Code code, Detail&& detail) {
    if (!first_ || code < first_->code) first_ = Malformed{code, detail()};
  }
  [[nodiscard]] bool any() const noexcept { return first_.has_value(); }
  [[nodiscard]] Malformed take() { return *std::move(first_); }

 private:
  std::optional<Malformed> first_;
};

// The members as they were sent, as views into the JSON body.
struct Members {
  std::optional<std::string_view> target, document, reason;
  struct RawParameter {
    std::string_view name;
    std::vector<std::string_view> values;
  };
  std::vector<RawParameter> parameters;
};

// The members of the body, and into `faults` what the model does not have. INVARIANT: when no fault
// was noted, there is a target, and all lengths and patterns are the model's.
[[nodiscard]] Members read_members(const JsonBody& body, Faults& faults);

// "parameter `NAME` " and what is wrong with it.
[[nodiscard]] std::string parameter_is(std::string_view name, std::string_view what);

}  // namespace ssmgate
