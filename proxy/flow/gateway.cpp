#include "flow/gateway.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

#include "flow/route.hpp"
#include "wire/refusal.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

net::DialOptions dial_options(const config::Upstream& upstream) {
  net::DialOptions options;
  options.connect_timeout = upstream.connect_timeout;
  for (const auto& [name, address] : upstream.resolve) {
    options.resolve.emplace(
        name, asio::ip::tcp::endpoint(to_asio_address(address.address), address.port));
  }
  return options;
}

// For SSM's own hosts: behind a VPC endpoint, or in a test, they are private addresses.
net::AddressFilter endpoint_filter(const config::Egress& egress) {
  return [egress](const asio::ip::address& address) {
    return is_denied_address(to_ip_address(address), egress, true);
  };
}

}  // namespace

Gateway::Gateway(config::Config settings, std::shared_ptr<const Policy> policy,
                 std::unique_ptr<tls::Authority> ca, tls::ContextPtr upstream_context,
                 std::unique_ptr<state::AuditLog> audit_log)
    : config(std::move(settings)),
      policies(std::move(policy)),
      authority(std::move(ca)),
      dialer(resolver, dial_options(config.upstream)),
      pool(dialer, std::move(upstream_context), endpoint_filter(config.egress)),
      audit(std::move(audit_log)),
      now([] { return std::chrono::system_clock::now(); }) {}

std::string new_request_id() {
  unsigned char random[16];
  if (RAND_bytes(random, sizeof random) != 1) {
    throw std::runtime_error("OpenSSL has no random numbers");
  }
  return wire::render_uuid(random);
}

asio::ip::address to_asio_address(const IpAddress& address) {
  if (address.is_v4()) {
    asio::ip::address_v4::bytes_type bytes;
    std::ranges::copy(address.bytes(), bytes.begin());
    return asio::ip::address_v4(bytes);
  }
  asio::ip::address_v6::bytes_type bytes;
  std::ranges::copy(address.bytes(), bytes.begin());
  return asio::ip::address_v6(bytes);
}

IpAddress to_ip_address(const asio::ip::address& address) {
  if (address.is_v4()) {
    std::array<std::uint8_t, 4> bytes;
    std::ranges::copy(address.to_v4().to_bytes(), bytes.begin());
    return IpAddress::v4(bytes);
  }
  std::array<std::uint8_t, 16> bytes;
  std::ranges::copy(address.to_v6().to_bytes(), bytes.begin());
  return IpAddress::v6(bytes);
}

}  // namespace ssmgate::flow
