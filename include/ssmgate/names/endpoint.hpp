// Which hosts are endpoints of Systems Manager: its API, which is intercepted, and its data
// channels, which are tunnelled. Every partition, region and form of name; no look-alike.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ssmgate {

struct Endpoint {
  enum class Service : std::uint8_t { api, channel };  // ssm, ssmmessages

  Service service = Service::api;
  std::string host;            // lower case, no trailing dot
  std::string region;          // as the name says it; need not be one that exists today
  std::string_view partition;  // "aws", "aws-cn", "aws-us-gov", "aws-iso" …
};

// The endpoint that `host` names, in any case and with at most one trailing dot; nothing when it
// names none. SOURCE: botocore's endpoint rule set and partitions; PrivateLink's naming.
[[nodiscard]] std::optional<Endpoint> find_endpoint(std::string_view host);

// The DNS suffixes under which endpoints live: the CA's name constraints.
[[nodiscard]] std::span<const std::string_view> endpoint_suffixes() noexcept;

}  // namespace ssmgate
