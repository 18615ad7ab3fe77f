#include "flow/gateway.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

#include "config/values.hpp"
#include "ssmgate/rules/summary.hpp"
#include "wire/refusal.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

// True when the address is one of this machine's.
bool is_local(const IpAddress& address) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return true;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> held(list, &::freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const sockaddr* own = entry->ifa_addr;
    if (own == nullptr) continue;
    const void* bytes = nullptr;
    if (own->sa_family == AF_INET && address.is_v4()) {
      bytes = &reinterpret_cast<const sockaddr_in*>(own)->sin_addr;
    } else if (own->sa_family == AF_INET6 && !address.is_v4()) {
      bytes = &reinterpret_cast<const sockaddr_in6*>(own)->sin6_addr;
    }
    const auto wanted = address.bytes();
    if (bytes != nullptr && std::memcmp(bytes, wanted.data(), wanted.size()) == 0) return true;
  }
  // All of 127.0.0.0/8 is this machine, though only 127.0.0.1 is listed.
  return address.is_v4() && address.bytes()[0] == 127;
}

}  // namespace

Gateway::Gateway() : now([] { return std::chrono::system_clock::now(); }), sessions(*this) {}

GenerationPtr Gateway::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

GenerationPtr Gateway::replace(GenerationPtr next) {
  GenerationPtr old;
  bool keeps_upstreams = false;
  const GenerationPtr running = current();
  if (!running || running->audit != next->audit) next->audit->set_watch(observations);
  const PolicySummary rules = summarize(*next->policy);
  observations->metrics.set_rules(rules.allow, rules.deny);
  {
    const std::lock_guard lock(mutex_);
    keeps_upstreams = current_ && current_->upstreams == next->upstreams;
    old = std::exchange(current_, std::move(next));
  }
  if (old && !keeps_upstreams) old->pool.retire();
  return old;
}

Gateway::Addresses Gateway::listeners() const {
  const std::lock_guard lock(mutex_);
  return listeners_;
}

void Gateway::set_listeners(Addresses listeners) {
  const std::lock_guard lock(mutex_);
  listeners_ = std::move(listeners);
}

bool Gateway::is_own_listener(const IpAddress& address, std::uint16_t port) const {
  const IpAddress plain = unmapped(address);
  if (admin_ && admin_->port == port && admin_->address == plain) return true;
  return std::ranges::any_of(listeners(), [&](const config::SocketAddress& own) {
    if (own.port != port) return false;
    return unmapped(own.address) == plain ||
           (config::is_wildcard(own.address) && own.address.is_v4() == plain.is_v4() &&
            is_local(plain));
  });
}

// OpenSSL asks the system for the process's number each time, lest two that have forked draw the
// same: once for many ids.
std::string new_request_id() {
  constexpr std::size_t kSize = 16;
  thread_local std::array<unsigned char, 64 * kSize> drawn;
  thread_local std::size_t left = 0;
  if (left == 0) {
    if (RAND_bytes(drawn.data(), static_cast<int>(drawn.size())) != 1) {
      throw std::runtime_error("OpenSSL has no random numbers");
    }
    left = drawn.size();
  }
  left -= kSize;
  unsigned char random[kSize];
  std::copy_n(drawn.begin() + static_cast<std::ptrdiff_t>(left), kSize, random);
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
