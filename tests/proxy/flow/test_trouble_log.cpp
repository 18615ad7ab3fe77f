#include <doctest/doctest.h>

#include "flow/trouble_log.hpp"

using namespace ssmgate;
using namespace ssmgate::flow;
using Clock = TroubleLog::Clock;

TEST_CASE("an upstream's failure is said once in ten seconds and then how often it came again") {
  TroubleLog log;
  const auto begin = Clock::now();
  const UpstreamFault fault = make_fault(Code::upstream_refused, "192.0.2.1:443: refused\n");
  CHECK(log.compose("ssm.example", 443, fault, begin) ==
        "upstream ssm.example:443: upstream-refused: 192.0.2.1:443: refused\\u000a");
  for (int i = 0; i < 3; ++i) CHECK_FALSE(log.compose("ssm.example", 443, fault, begin));
  CHECK(log.compose("ssm.example", 444, fault, begin).has_value());
  CHECK(log.compose("ssm.example", 443, make_fault(Code::upstream_timeout, "x"), begin));
  const auto later = log.compose("ssm.example", 443, fault, begin + TroubleLog::kEvery);
  REQUIRE(later);
  CHECK(later->find("(3 more failures since the last such line)") != std::string::npos);
}

TEST_CASE("many hosts that fail do not fill the log") {
  TroubleLog log;
  const auto begin = Clock::now();
  std::size_t lines = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto line = log.compose("h" + std::to_string(i), 443,
                                  make_fault(Code::upstream_name, "no such name"), begin);
    if (line) ++lines;
  }
  CHECK(lines == TroubleLog::kLines);
  const auto later = log.compose("h0", 443, make_fault(Code::upstream_name, "no such name"),
                                 begin + TroubleLog::kEvery);
  REQUIRE(later);
  CHECK(later->find("(980 more failures") != std::string::npos);
}

TEST_CASE("any trouble is said once in ten seconds whoever has it") {
  TroubleLog log;
  const auto begin = Clock::now();
  CHECK(log.compose(TroubleLog::Kind::client, "a: TLS on a plain port", "a: hung up on 192.0.2.1",
                    begin) == "a: hung up on 192.0.2.1");
  CHECK_FALSE(log.compose(TroubleLog::Kind::client, "a: TLS on a plain port",
                          "a: hung up on 192.0.2.2", begin));
  CHECK(log.compose(TroubleLog::Kind::client, "b: TLS on a plain port", "b: hung up on 192.0.2.2",
                    begin));
  const auto later = log.compose(TroubleLog::Kind::client, "a: TLS on a plain port",
                                 "a: hung up on 192.0.2.3", begin + TroubleLog::kEvery);
  CHECK(later == "a: hung up on 192.0.2.3 (1 more failure since the last such line)");
}

TEST_CASE("trouble of one kind hides none of another") {
  TroubleLog log;
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < 2 * TroubleLog::kLines; ++i) {
    static_cast<void>(
        log.compose(TroubleLog::Kind::upstream, "host " + std::to_string(i), "line", begin));
  }
  CHECK_FALSE(log.compose(TroubleLog::Kind::upstream, "another", "line", begin));
  CHECK(log.compose(TroubleLog::Kind::session, "no-session", "line", begin) == "line");
}
