// The hosts of Systems Manager in all eight partitions. A region is any label: the SDKs build names
// for regions that this file never heard of.
#include "ssmgate/names/endpoint.hpp"

#include <algorithm>
#include <array>

#include "names/ascii.hpp"
#include "names/host_rules.hpp"

namespace ssmgate {
namespace {

constexpr std::size_t kMaxLabel = 63;

// SOURCE: botocore 1.43, partitions.json and ssm's endpoint rule set. Each partition has a plain
// suffix and one for both address families.
constexpr std::array<std::string_view, 14> kSuffixes{
    "amazonaws.com",      "amazonaws.com.cn",
    "amazonaws.eu",       "api.aws",
    "c2s.ic.gov",         "api.amazonwebservices.com.cn",
    "sc2s.sgov.gov",      "api.amazonwebservices.eu",
    "cloud.adc-e.uk",     "csp.hci.ic.gov",
    "api.aws.ic.gov",     "api.aws.scloud",
    "api.aws.hci.ic.gov", "api.cloud-aws.adc-e.uk"};
// In the order of kSuffixes. "aws" is shared with aws-us-gov, whose regions tell it apart.
constexpr std::array<std::string_view, 14> kPartitions{
    "aws",      "aws-cn",    "aws-eusc",  "aws",     "aws-iso",   "aws-cn",    "aws-iso-b",
    "aws-eusc", "aws-iso-e", "aws-iso-f", "aws-iso", "aws-iso-b", "aws-iso-f", "aws-iso-e"};

// Cuts the last label and its dot off `text`; nothing when no dot is left.
std::optional<std::string_view> take_last_label(std::string_view& text) noexcept {
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view label = text.substr(dot + 1);
  text = text.substr(0, dot);
  return label;
}

bool is_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= kMaxLabel &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return ascii::is_lower(c) || ascii::is_digit(c) || c == '-'; });
}

std::optional<Endpoint::Service> find_service(std::string_view label) noexcept {
  if (label == "ssm" || label == "ssm-fips") return Endpoint::Service::api;
  if (label == "ssmmessages" || label == "ssmmessages-fips") return Endpoint::Service::channel;
  return std::nullopt;
}

// vpce-ID-ID or vpce-ID-ID-ZONE. SOURCE: AWS PrivateLink's endpoint-specific names.
bool is_vpce_id(std::string_view label) noexcept {
  if (!is_label(label) || !label.starts_with("vpce-")) return false;
  label.remove_prefix(5);
  const std::size_t first = label.find('-');
  if (first == 0 || first == std::string_view::npos) return false;
  label.remove_prefix(first + 1);
  const std::size_t second = label.find('-');
  return second == std::string_view::npos ? !label.empty()
                                          : second > 0 && second + 1 < label.size();
}

struct Parts {
  Endpoint::Service service;
  std::string_view region;
};

// `front` is all that stands before the suffix: [VPCE.]SERVICE.REGION[.vpce]
std::optional<Parts> split_front(std::string_view front) noexcept {
  const std::string_view whole = front;
  auto region = take_last_label(front);
  if (!region) return std::nullopt;
  const bool private_link = *region == "vpce" && whole.starts_with("vpce-");
  if (private_link) region = take_last_label(front);
  if (!region || !is_label(*region)) return std::nullopt;
  std::string_view service_label = front;
  if (private_link) {
    const auto label = take_last_label(front);
    if (!label || !is_vpce_id(front)) return std::nullopt;
    service_label = *label;
  }
  const auto service = find_service(service_label);
  if (!service) return std::nullopt;
  return Parts{*service, *region};
}

std::optional<std::size_t> find_suffix(std::string_view host) noexcept {
  for (std::size_t i = 0; i < kSuffixes.size(); ++i) {
    const std::string_view suffix = kSuffixes[i];
    if (host.size() > suffix.size() && host.ends_with(suffix) &&
        host[host.size() - suffix.size() - 1] == '.') {
      return i;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Endpoint> find_endpoint(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > host_rules::kMaxName) return std::nullopt;
  std::string lower = ascii::to_lower(host);
  const std::optional<std::size_t> suffix = find_suffix(lower);
  if (!suffix) return std::nullopt;
  const auto parts =
      split_front(std::string_view(lower).substr(0, lower.size() - kSuffixes[*suffix].size() - 1));
  if (!parts) return std::nullopt;
  Endpoint endpoint;
  endpoint.service = parts->service;
  endpoint.region = parts->region;
  const bool gov = kPartitions[*suffix] == "aws" && parts->region.starts_with("us-gov-");
  endpoint.partition = gov ? "aws-us-gov" : kPartitions[*suffix];
  endpoint.host = std::move(lower);
  return endpoint;
}

std::span<const std::string_view> endpoint_suffixes() noexcept {
  return kSuffixes;
}

}  // namespace ssmgate
