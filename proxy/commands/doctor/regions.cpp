#include "commands/doctor/regions.hpp"

#include <algorithm>

#include "ssmgate/names/endpoint.hpp"

namespace ssmgate::doctor {
namespace {

struct Partition {
  std::string_view regions;  // what they begin with
  std::string_view name;
};

// SOURCE: botocore 1.43, partitions.json (`regionRegex`); all others are `aws`.
constexpr Partition kPartitions[] = {{"cn-", "aws-cn"},         {"us-gov-", "aws-us-gov"},
                                     {"us-iso-", "aws-iso"},    {"us-isob-", "aws-iso-b"},
                                     {"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"},
                                     {"eusc-", "aws-eusc"}};

std::string_view partition_of(std::string_view region) {
  const auto* const found = std::ranges::find_if(
      kPartitions, [&](const Partition& each) { return region.starts_with(each.regions); });
  return found == std::end(kPartitions) ? "aws" : found->name;
}

// Small letters, then words between dashes, then a number: "us-east-1".
bool has_form(std::string_view region) {
  const std::size_t first = region.find('-');
  const std::size_t last = region.rfind('-');
  if (first == std::string_view::npos || first < 2 || first == last) return false;
  const auto all = [](std::string_view text, auto is) {
    return !text.empty() && std::ranges::all_of(text, is);
  };
  return all(region.substr(0, last), [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; }) &&
         all(region.substr(last + 1), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<RegionHosts> find_region_hosts(std::string_view region) {
  if (!has_form(region)) return std::nullopt;
  for (const std::string_view suffix : endpoint_suffixes()) {
    RegionHosts hosts;
    const std::string rest = "." + std::string(region) + "." + std::string(suffix);
    hosts.api = "ssm" + rest;
    hosts.channel = "ssmmessages" + rest;
    const auto endpoint = find_endpoint(hosts.api);
    if (endpoint && endpoint->partition == partition_of(region)) return hosts;
  }
  return std::nullopt;
}

}  // namespace ssmgate::doctor
