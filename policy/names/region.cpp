// The form of a region's name, and the regions that there are.
#include "ssmgate/names/region.hpp"

#include <algorithm>
#include <array>

#include "names/ascii.hpp"

namespace ssmgate {
namespace {

// SOURCE: botocore 1.43, partitions.json, without the partitions' `-global`.
constexpr std::array<std::string_view, 46> kRegions{
    "af-south-1",     "ap-east-1",      "ap-east-2",      "ap-northeast-1",  "ap-northeast-2",
    "ap-northeast-3", "ap-south-1",     "ap-south-2",     "ap-southeast-1",  "ap-southeast-2",
    "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6",  "ap-southeast-7",
    "ca-central-1",   "ca-west-1",      "cn-north-1",     "cn-northwest-1",  "eu-central-1",
    "eu-central-2",   "eu-isoe-west-1", "eu-north-1",     "eu-south-1",      "eu-south-2",
    "eu-west-1",      "eu-west-2",      "eu-west-3",      "eusc-de-east-1",  "il-central-1",
    "me-central-1",   "me-south-1",     "mx-central-1",   "sa-east-1",       "us-east-1",
    "us-east-2",      "us-gov-east-1",  "us-gov-west-1",  "us-iso-east-1",   "us-iso-west-1",
    "us-isob-east-1", "us-isob-west-1", "us-isof-east-1", "us-isof-south-1", "us-west-1",
    "us-west-2"};

}  // namespace

bool has_region_form(std::string_view text) noexcept {
  const std::size_t first = text.find('-');
  const std::size_t last = text.rfind('-');
  if (first == std::string_view::npos || first < 2 || first == last) return false;
  const std::string_view words = text.substr(0, last);
  const std::string_view number = text.substr(last + 1);
  return words.back() != '-' && words.find("--") == std::string_view::npos && !number.empty() &&
         std::all_of(words.begin(), words.end(),
                     [](char c) { return ascii::is_lower(c) || c == '-'; }) &&
         std::all_of(number.begin(), number.end(), [](char c) { return ascii::is_digit(c); });
}

std::span<const std::string_view> known_regions() noexcept {
  return kRegions;
}

}  // namespace ssmgate
