#include "net/address_order.hpp"

#include <algorithm>

namespace ssmgate::net {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
using std::chrono::milliseconds;

namespace {
// SOURCE: RFC 8305 §5: the recommended Connection Attempt Delay, and its minimum.
constexpr milliseconds kStagger{250};
constexpr milliseconds kLeastStagger{10};
}  // namespace

Endpoints interleave_families(const Endpoints& endpoints) {
  Endpoints first;
  Endpoints second;
  for (const auto& endpoint : endpoints) {
    const bool leads = endpoint.protocol() == endpoints.front().protocol();
    (leads ? first : second).push_back(endpoint);
  }
  Endpoints order;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) order.push_back(first[i]);
    if (i < second.size()) order.push_back(second[i]);
  }
  return order;
}

milliseconds stagger_of(std::chrono::steady_clock::duration left, std::size_t more) {
  const auto share = std::chrono::duration_cast<milliseconds>(left) / static_cast<int>(more + 1);
  return std::clamp(share, kLeastStagger, kStagger);
}

}  // namespace ssmgate::net
