// Who comes in by the gateway of `ssmgate run`.
#include <doctest/doctest.h>

#include "flow/identity.hpp"

using namespace ssmgate;
using namespace ssmgate::flow;

TEST_CASE("the gateway of run is for its own user and root") {
  using Kind = net::OwnerFault::Kind;
  constexpr uid_t kOwn = 1000;
  const auto refused = [](const net::Owner& owner, bool lends) {
    const auto found = check_own_user(owner, RunBy{kOwn, lends});
    return found ? std::string(name(found->code)) : std::string();
  };
  for (const bool lends : {false, true}) {
    CAPTURE(lends);
    CHECK(refused(net::Owner(kOwn), lends).empty());
    CHECK(refused(net::Owner(uid_t{0}), lends).empty());
    CHECK(refused(net::Owner(uid_t{1001}), lends) == "client-not-allowed");
    for (const Kind kind : {Kind::unclear, Kind::unnumbered}) {
      CHECK(refused(net::OwnerFault{"nobody", kind}, lends) == "unauthenticated");
    }
  }
  for (const Kind kind : {Kind::unasked, Kind::gone}) {
    CHECK(refused(net::OwnerFault{"not told", kind}, false).empty());
    CHECK(refused(net::OwnerFault{"not told", kind}, true) == "unauthenticated");
  }
}
