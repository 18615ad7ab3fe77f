// The hosts that a region's clients ask: which partition's they are, the region's name tells.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ssmgate::doctor {

struct RegionHosts {
  std::string api;      // "ssm.us-east-1.amazonaws.com"
  std::string channel;  // "ssmmessages.us-east-1.amazonaws.com"
};

// Nothing: `region` has not the form of a region's name. It need not be one that exists today.
[[nodiscard]] std::optional<RegionHosts> find_region_hosts(std::string_view region);

}  // namespace ssmgate::doctor
