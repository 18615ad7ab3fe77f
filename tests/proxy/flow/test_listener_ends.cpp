// What an operator reads of a listener's files that end, as time goes by.
#include <doctest/doctest.h>

#include "config/values.hpp"
#include "flow/listener_ends.hpp"

using namespace ssmgate;
using namespace ssmgate::flow;

TEST_CASE("what ends while the gateway runs is said before and after") {
  using std::chrono::hours;
  const auto begin = tls::Clock::from_time_t(1'800'000'000);
  config::Listener listener;
  listener.bind = *config::parse_socket_address("127.0.0.1:8443");
  const std::vector<tls::Term> terms = {
      {tls::Term::Of::certificate, "/x/server.pem", {begin, begin + hours(90 * 24)}},
      {tls::Term::Of::revocations, "/x/crl.pem", {begin, begin + hours(100 * 24)}},
  };
  const auto entrance = std::make_shared<const Entrance>(
      Entrance{{listener.bind}, listener, nullptr, "", nullptr, terms});
  const auto on_day = [&](int day) {
    return find_listener_ends({entrance}, begin + hours(day * 24));
  };
  CHECK(on_day(75).empty());
  CHECK(on_day(80) ==
        std::vector<std::string>{
            "the listener 127.0.0.1:8443: the certificate `/x/server.pem` expires at "
            "2027-04-15T08:00:00.000Z, and then clients do not believe the listener; put a new one "
            "in its place"});
  const auto after = on_day(101);
  REQUIRE(after.size() == 2);
  CHECK(after[0].find(" has expired at 2027-04-15T08:00:00.000Z: clients do not") !=
        std::string::npos);
  CHECK(after[1] ==
        "the listener 127.0.0.1:8443: the revocation list `/x/crl.pem` has expired at "
        "2027-04-25T08:00:00.000Z: no client certificate that it is about is accepted; put a new "
        "one in its place");
}
