// A proposed request as one policy sees it: decoded and judged by the code that judges real ones.
#pragma once

#include <memory>

#include "rules/facts.hpp"
#include "sets/model.hpp"
#include "ssmgate/rules/policy.hpp"

namespace ssmgate::sets {

class Proposal {
 public:
  // Null when the policy calls the request malformed.
  [[nodiscard]] static std::unique_ptr<Proposal> make(const CompiledRules& policy,
                                                      const Model& model);
  [[nodiscard]] const Facts& facts() const noexcept { return *facts_; }

 private:
  explicit Proposal(StartSession session) : session_(std::move(session)) {}

  Caller caller_;
  Claims claims_;
  StartSession session_;
  std::unique_ptr<const Facts> facts_;  // INVARIANT: set; views into the members above
};

}  // namespace ssmgate::sets
