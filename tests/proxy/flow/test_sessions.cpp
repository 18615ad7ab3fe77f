// The life of sessions, with the time passed in: who may attach, for how long, and what ends them.
#include <doctest/doctest.h>

#include "session_run.hpp"

using namespace ssmgate::test;

TEST_CASE("a channel belongs to the session of its owner on its host within the window") {
  Run run;
  CHECK(run.dial() == 0);
  run.start("a");
  CHECK(run.dial(kBob) == 0);
  CHECK(run.dial(Owner{"alice", false}) == 0);
  CHECK(run.dial(kAlice, "ssmmessages.eu-west-1.amazonaws.com") == 0);
  run.now += 59'999ms;
  CHECK(run.connect() != 0);
  CHECK(run.candidates == 1);
  CHECK(run.at("a").state == State::attached);
  CHECK(run.dial() == 0);
}

TEST_CASE("the window begins at the last byte of the answer and ends to the millisecond") {
  Run run;
  run.take(run.sessions.open(facts("a"), run.now));
  run.now += 10s;
  run.sessions.answered("a", run.now);
  run.now += 60s;
  CHECK(run.dial() == 0);
  run.now -= 1ms;
  CHECK(run.dial() != 0);
}

TEST_CASE("a quick client that connects before the answer is through keeps its channel alone") {
  Run run;
  run.take(run.sessions.open(facts("a"), run.now));
  CHECK(run.connect() != 0);
  run.sessions.answered("a", run.now);
  CHECK(run.dial() == 0);
}

TEST_CASE("a lost channel may come back within the window and then no more") {
  Run run;
  run.start("a");
  const auto first = run.connect();
  run.now += 1h;
  run.lose(first, Closer::upstream, 10, 20);
  CHECK(run.at("a").state == State::waiting);
  run.pass(59s);
  const auto second = run.connect();
  REQUIRE(second != 0);
  run.lose(second, Closer::client, 1, 2);
  run.pass(60s);
  CHECK(run.dial() == 0);
  REQUIRE(run.ended == std::vector<std::string>{"a"});
  const Session& session = run.at("a");
  CHECK(session.state == State::dormant);
  CHECK(session.bytes_up == 11);
  CHECK(session.bytes_down == 22);
  CHECK(session.channels == 2);
  CHECK(session.closed_by == Closer::client);
  CHECK(session.ended_at - session.account_since == 1h + 59s);
}

TEST_CASE("a session that never had a channel is left by its client") {
  Run run;
  run.start("a");
  run.pass(60s);
  CHECK(run.ended == std::vector<std::string>{"a"});
  CHECK(run.at("a").closed_by == Closer::client);
  CHECK(run.at("a").channels == 0);
  run.pass(11h);
  CHECK(run.ended.size() == 1);
}

TEST_CASE("a dormant session is resumed with an account of its own") {
  Run run;
  run.start("a");
  run.lose(run.connect(), Closer::client, 5, 5);
  run.pass(1h);
  CHECK(run.sessions.standing("a", kAlice) == Standing::dormant);
  run.resume("a");
  const auto channel = run.connect();
  REQUIRE(channel != 0);
  run.lose(channel, Closer::client, 7, 8);
  run.pass(60s);
  CHECK(run.ended == std::vector<std::string>{"a", "a"});
  CHECK(run.at("a").bytes_up == 7);
}

TEST_CASE("after ResumeSession a new channel takes the place of one that is open") {
  Run run;
  run.start("a");
  const auto first = run.connect();
  run.now += 10s;
  run.resume("a");
  const auto second = run.connect();
  REQUIRE(second != 0);
  CHECK(run.cut == std::vector<ChannelNumber>{first});
  run.lose(first, Closer::client, 3, 0);
  CHECK(run.at("a").state == State::attached);
  CHECK(run.at("a").bytes_up == 3);
  CHECK(run.dial() == 0);
  CHECK(run.ended.empty());
}

TEST_CASE("a way that cannot be opened costs the session nothing") {
  Run run;
  run.start("a");
  const auto channel = run.dial();
  CHECK(run.dial() == 0);
  run.take(run.sessions.abandon(channel));
  CHECK(run.at("a").channels == 0);
  CHECK(run.connect() != 0);
}

TEST_CASE("a way that is being opened outlives the window") {
  Run run;
  run.start("a");
  const auto channel = run.dial();
  run.pass(61s);
  CHECK(run.ended.empty());
  run.take(run.sessions.opened(channel, run.now));
  CHECK(run.at("a").state == State::attached);
}

TEST_CASE("an answer that was not passed on takes the channel that came in time with it") {
  Run run;
  run.take(run.sessions.open(facts("a"), run.now));
  const auto channel = run.connect();
  run.take(run.sessions.forget("a", run.now));
  CHECK(run.cut == std::vector<ChannelNumber>{channel});
  CHECK(run.at("a").state == State::ended);
  run.lose(channel, Closer::error);
  CHECK(run.ended == std::vector<std::string>{"a"});
  run.take(run.sessions.open(facts("b"), run.now));
  run.take(run.sessions.forget("b", run.now));
  CHECK(run.sessions.find("b") == nullptr);
}

TEST_CASE("the end of a dormant session by hand has a record of its own") {
  Run run;
  run.start("a");
  run.lose(run.connect(), Closer::client, 5, 6);
  run.pass(60s);
  REQUIRE(run.ended.size() == 1);
  run.now += 1h;
  run.take(run.sessions.end("a", Closer::killed, run.now));
  CHECK(run.ended.size() == 2);
  CHECK(run.at("a").closed_by == Closer::killed);
  CHECK(run.at("a").bytes_up == 0);
}

TEST_CASE("a session that its client has left holds no place, and takes one when he is back") {
  Run run;
  run.sessions.set_limits({60s, 12h, 2});
  run.start("a");
  run.start("b");
  const auto first = run.connect();
  CHECK(run.connect() != 0);
  CHECK_FALSE(run.sessions.reserve(kAlice));
  run.lose(first, Closer::client);
  CHECK(run.sessions.reserve(kAlice));
  // Both places are taken: by the one on its way and by the one with a channel.
  CHECK(run.dial() == 0);
  run.sessions.give_back(kAlice);
  CHECK(run.connect() != 0);
  CHECK_FALSE(run.sessions.reserve(kAlice));
}

TEST_CASE("TerminateSession ends its owner's session and nobody else's") {
  Run run;
  run.start("a");
  const auto channel = run.connect();
  run.take(run.sessions.terminate("a", kBob, run.now));
  run.take(run.sessions.terminate("b", kAlice, run.now));
  CHECK(run.cut.empty());
  run.take(run.sessions.terminate("a", kAlice, run.now));
  CHECK(run.cut == std::vector<ChannelNumber>{channel});
  // The end is recorded when the channel's bytes are known.
  CHECK(run.ended.empty());
  run.lose(channel, Closer::client, 100, 200);
  CHECK(run.ended == std::vector<std::string>{"a"});
  CHECK(run.at("a").bytes_down == 200);
  CHECK(run.sessions.standing("a", kAlice) == Standing::ended);
  run.pass(1h);
  CHECK(run.ended.size() == 1);
}

TEST_CASE("the longest duration ends a session whatever it does") {
  Run run;
  run.start("attached");
  const auto channel = run.connect();
  SessionFacts limited = facts("limited", kBob);
  limited.rule_limit = 1h;
  run.take(run.sessions.open(limited, run.now));
  const auto other = run.connect(kBob);
  run.pass(1h);
  CHECK(run.cut == std::vector<ChannelNumber>{other});
  CHECK(run.at("limited").closed_by == Closer::max_duration);
  run.lose(other, Closer::max_duration);
  run.pass(11h);
  CHECK(run.cut == std::vector<ChannelNumber>{other, channel});
  run.lose(channel, Closer::max_duration);
  CHECK(run.ended == std::vector<std::string>{"limited", "attached"});
}

TEST_CASE("a later policy may give a session less time and never more") {
  Run run;
  run.start("a");
  const auto channel = run.connect();
  const Effects shortened = run.sessions.shorten("a", 2h);
  CHECK(shortened.changed == std::vector<std::string>{"a"});
  CHECK(run.sessions.deadline(run.at("a")) == run.now + 2h);
  CHECK(run.sessions.shorten("a", 3h).changed.empty());
  CHECK(run.sessions.shorten("b", 1h).changed.empty());
  run.pass(1h);
  // Less than it has lasted already: it ends with the next turn.
  run.take(run.sessions.shorten("a", 30min));
  CHECK(run.cut.empty());
  run.pass(0s);
  CHECK(run.cut == std::vector<ChannelNumber>{channel});
  CHECK(run.at("a").closed_by == Closer::max_duration);
  CHECK(run.sessions.shorten("a", 1min).changed.empty());
}

TEST_CASE("a dormant session cannot be resumed beyond its longest duration") {
  Run run;
  run.start("a");
  run.pass(1h);
  run.pass(11h);
  CHECK(run.sessions.standing("a", kAlice) == Standing::ended);
  CHECK(run.ended.size() == 1);
}

TEST_CASE("a shorter longest duration holds for those that are there") {
  Run run;
  run.start("a");
  const auto channel = run.connect();
  run.pass(2h);
  Sessions::Limits limits;
  limits.max_duration = 1h;
  run.sessions.set_limits(limits);
  run.pass(0s);
  CHECK(run.cut == std::vector<ChannelNumber>{channel});
}

TEST_CASE("an owner has only so many sessions and those on their way count") {
  Run run;
  Sessions::Limits limits;
  limits.max_per_owner = 2;
  run.sessions.set_limits(limits);
  run.start("a");
  CHECK(run.sessions.reserve(kAlice));
  CHECK_FALSE(run.sessions.reserve(kAlice));
  CHECK(run.sessions.reserve(kBob));
  run.sessions.give_back(kAlice);
  CHECK(run.sessions.reserve(kAlice));
  run.sessions.give_back(kAlice);
  run.start("b");
  CHECK_FALSE(run.sessions.reserve(kAlice));
  run.pass(60s);  // dormant ones do not count
  CHECK(run.sessions.reserve(kAlice));
}

TEST_CASE("whose session it is") {
  Run run;
  CHECK(run.sessions.standing("a", kAlice) == Standing::unknown);
  run.start("a");
  CHECK(run.sessions.standing("a", kAlice) == Standing::live);
  CHECK(run.sessions.standing("a", kBob) == Standing::foreign);
  // `resume: any`: whoever AWS lets resume it owns it.
  run.resume("a", kBob);
  CHECK(run.sessions.standing("a", kBob) == Standing::live);
  CHECK(run.connect(kAlice) == 0);
  CHECK(run.connect(kBob) != 0);
}

TEST_CASE("an ended session is remembered for a day") {
  Run run;
  run.start("a");
  run.take(run.sessions.end("a", Closer::killed, run.now));
  CHECK(run.ended == std::vector<std::string>{"a"});
  run.pass(24h - 1ms);
  CHECK(run.sessions.standing("a", kAlice) == Standing::ended);
  const Effects effects = run.sessions.tick(run.now + 1ms);
  CHECK(effects.forgotten == std::vector<std::string>{"a"});
  CHECK(run.sessions.size() == 0);
}

TEST_CASE("one that ends while its way is opened is cut and recorded once") {
  Run run;
  run.start("a");
  const auto channel = run.dial();
  run.take(run.sessions.end("a", Closer::killed, run.now));
  CHECK(run.cut == std::vector<ChannelNumber>{channel});
  CHECK(run.ended.empty());
  SUBCASE("before it is open") {
    run.take(run.sessions.abandon(channel));
  }
  SUBCASE("just as it is open") {
    run.take(run.sessions.opened(channel, run.now));
    CHECK(run.at("a").state == State::ended);
    run.lose(channel);
  }
  CHECK(run.ended == std::vector<std::string>{"a"});
}

TEST_CASE("after a restart everyone has a whole window and nobody more time") {
  Run before;
  before.start("a");
  before.start("b");
  before.take(before.sessions.end("b", Closer::killed, before.now));
  SessionFacts limited = facts("old");
  limited.rule_limit = 1h;
  before.take(before.sessions.open(limited, before.now));
  Run run;
  run.now = kStart + 2h;
  run.take(run.sessions.restore({before.at("a"), before.at("b"), before.at("old")}, run.now));
  run.pass(0s);
  CHECK(run.sessions.standing("a", kAlice) == Standing::live);
  CHECK(run.sessions.standing("b", kAlice) == Standing::ended);
  CHECK(run.ended == std::vector<std::string>{"old"});
  CHECK(run.at("old").closed_by == Closer::max_duration);
  run.now += 59s;
  CHECK(run.connect() != 0);
}

TEST_CASE("an end that was not recorded before the restart is recorded after it") {
  Run before;
  before.start("a");
  before.connect();
  before.take(before.sessions.end("a", Closer::killed, before.now));
  Session stored = before.at("a");
  stored.unfinished = 0;
  stored.channel = 0;
  Run run;
  run.take(run.sessions.restore({stored}, run.now));
  CHECK(run.ended == std::vector<std::string>{"a"});
}

TEST_CASE("the number of sessions that are remembered is bounded") {
  Run run;
  for (std::size_t i = 0; i < Sessions::kMost + 10; ++i) {
    run.start(std::to_string(i), Owner{std::to_string(i), false});
    run.take(run.sessions.end(std::to_string(i), Closer::killed, run.now));
    run.now += 1ms;
  }
  CHECK(run.sessions.size() == Sessions::kMost);
  CHECK(run.sessions.find("0") == nullptr);
  CHECK(run.sessions.find(std::to_string(Sessions::kMost + 9)) != nullptr);
}
