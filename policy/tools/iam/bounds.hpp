// What narrows a grant beside its targets and documents: place, caller, time.
//
// INVARIANT: an empty list stands for everything, and is never the outcome of an intersection.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/instant.hpp"

namespace ssmgate::tools::iam {

struct Bounds {
  std::vector<std::string> regions;   // globs
  std::vector<std::string> accounts;  // 12 digits each
  std::vector<std::string> clients;   // addresses and CIDRs
  std::optional<Instant> not_before, expires;
  auto operator<=>(const Bounds&) const = default;
};

// What lies in both; nothing when that is empty. `exact` becomes false where two globs overlap in
// a way that no list of globs says: the outcome is then narrower than it could be.
[[nodiscard]] std::optional<Bounds> intersect(const Bounds& a, const Bounds& b, bool& exact);

// The regions that an ARN's partition and region fields stand for, as globs. Nothing: none.
// `exact` becomes false where the globs are wider than the fields.
//
// The partition `aws` beside a glob of regions narrows nothing: a caller's keys are of one
// partition, and another's endpoints refuse them.
[[nodiscard]] std::optional<std::vector<std::string>> read_regions(const std::string& partition,
                                                                   const std::string& region,
                                                                   bool& exact);

}  // namespace ssmgate::tools::iam
