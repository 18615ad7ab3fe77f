// Whose channel it is when several sessions of one owner wait.
#include <doctest/doctest.h>

#include <set>

#include "session_run.hpp"

using namespace ssmgate::test;

TEST_CASE("of several the oldest is taken and it is said that it may be another's") {
  Run run;
  run.start("b");
  run.now += 1s;
  run.start("a");
  CHECK(run.connect() != 0);
  CHECK(run.seated == "b");
  CHECK(run.candidates == 2);
  CHECK(run.connect() != 0);
  CHECK(run.seated == "a");
  CHECK(run.candidates == 2);  // what it waits for may have gone to "b"
}

TEST_CASE("who was started or resumed comes before who was left") {
  Run run;
  run.start("old");
  run.lose(run.connect(), Closer::client);
  run.start("new");
  CHECK(run.connect() != 0);
  CHECK(run.seated == "new");
  CHECK(run.candidates == 2);
  run.start("third");
  run.resume("old");
  CHECK(run.connect() != 0);
  CHECK(run.seated == "old");
}

TEST_CASE("sessions stay mixed up while one of them has a channel") {
  Run run;
  run.start("a");
  run.now += 1s;
  run.start("b");
  const auto first = run.connect();   // said to be a's
  const auto second = run.connect();  // said to be b's
  run.lose(first, Closer::error);
  const auto again = run.connect();
  REQUIRE(again != 0);
  CHECK(run.seated == "a");
  CHECK(run.candidates == 2);
  run.take(run.sessions.end("b", Closer::killed, run.now));
  const std::set<ChannelNumber> cut(run.cut.begin(), run.cut.end());
  CHECK(cut == std::set<ChannelNumber>{again, second});
  run.lose(again, Closer::killed);
  run.lose(second, Closer::killed);
  CHECK(run.connect() != 0);
  CHECK(run.seated == "a");
  CHECK(run.candidates == 1);
}

TEST_CASE("killing one of mixed sessions cuts the channels of all of them") {
  Run run;
  run.start("a");
  run.start("b");
  const auto first = run.connect();
  const auto second = run.connect();
  run.start("c");
  const auto third = run.connect();
  run.take(run.sessions.end("a", Closer::killed, run.now));
  const std::set<ChannelNumber> cut(run.cut.begin(), run.cut.end());
  CHECK(cut == std::set<ChannelNumber>{first, second});
  run.lose(first, Closer::killed);
  run.lose(second, Closer::killed);
  CHECK(run.ended == std::vector<std::string>{"a"});
  CHECK(run.at("b").state == State::waiting);
  CHECK(run.at("c").channel == third);
  CHECK(run.connect() != 0);
  CHECK(run.seated == "b");
}
