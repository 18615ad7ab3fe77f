// The order in which addresses are tried, and the pauses between them.
#include <doctest/doctest.h>

#include <string>

#include "net/address_order.hpp"

using namespace ssmgate::net;
using namespace std::chrono_literals;

namespace {

std::string order_of(std::initializer_list<const char*> texts) {
  std::vector<boost::asio::ip::tcp::endpoint> endpoints;
  for (const char* text : texts) {
    endpoints.emplace_back(boost::asio::ip::make_address(text), std::uint16_t{443});
  }
  std::string order;
  for (const auto& endpoint : interleave_families(endpoints)) {
    order += (order.empty() ? "" : " ") + endpoint.address().to_string();
  }
  return order;
}

}  // namespace

TEST_CASE("families take turns and the first address leads") {
  CHECK(order_of({}).empty());
  CHECK(order_of({"192.0.2.1"}) == "192.0.2.1");
  CHECK(order_of({"2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"}) ==
        "2001:db8::1 192.0.2.1 2001:db8::2 2001:db8::3");
  CHECK(order_of({"192.0.2.1", "192.0.2.2", "2001:db8::1"}) == "192.0.2.1 2001:db8::1 192.0.2.2");
  CHECK(order_of({"192.0.2.2", "192.0.2.1"}) == "192.0.2.2 192.0.2.1");
}

TEST_CASE("the pause is 250 ms unless the deadline is nearer") {
  CHECK(stagger_of(5s, 1) == 250ms);
  CHECK(stagger_of(300ms, 1) == 150ms);
  CHECK(stagger_of(300ms, 2) == 100ms);
  CHECK(stagger_of(0ms, 3) == 10ms);
  CHECK(stagger_of(-1s, 3) == 10ms);
}
