// Regions of AWS by their names: `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.
#pragma once

#include <span>
#include <string_view>

namespace ssmgate {

// Small letters, then words of them between dashes, then a number: what every region's name is,
// also of those that are yet to come.
[[nodiscard]] bool has_region_form(std::string_view text) noexcept;

// Those of today, of all partitions; sorted.
[[nodiscard]] std::span<const std::string_view> known_regions() noexcept;

}  // namespace ssmgate
