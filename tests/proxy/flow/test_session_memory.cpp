// What is held of sessions that are over, or may come back.
#include <doctest/doctest.h>

#include "flow/session_request.hpp"
#include "session_run.hpp"

using namespace ssmgate::test;

TEST_CASE("of an ended session no more is remembered than that it has ended") {
  Run run;
  auto whole = facts("a");
  whole.rule = "orders";
  whole.host = "db.example.com";
  whole.document = "AWS-StartPortForwardingSessionToRemoteHost";
  run.take(run.sessions.open(whole, run.now));
  run.take(run.sessions.open(facts("b"), run.now));
  // One that lives, or can come back, keeps what it was asked with.
  run.sessions.confirm_end("a");
  run.sessions.confirm_end("nobody");
  CHECK(run.at("a").facts.rule == "orders");
  run.pass(60s);
  REQUIRE(run.at("a").state == State::dormant);
  run.sessions.confirm_end("a");
  CHECK(run.at("a").facts.host == "db.example.com");
  run.take(run.sessions.end("a", Closer::killed, run.now));
  run.sessions.confirm_end("a");
  CHECK(run.at("a").facts.id == "a");
  CHECK(run.at("a").facts.rule.empty());
  CHECK(run.at("a").facts.host.empty());
  CHECK(run.at("a").facts.channel_host.capacity() == std::string().capacity());
  CHECK(run.at("a").facts.document.capacity() == std::string().capacity());
  CHECK(run.at("a").closed_by == Closer::killed);
  CHECK(run.sessions.standing("a", kAlice) == Standing::ended);
  CHECK(run.sessions.standing("a", kBob) == Standing::foreign);
  run.pass(25h);
  CHECK(run.sessions.find("a") == nullptr);
}

TEST_CASE("an owner's sessions that may come back hold so much and no more") {
  constexpr std::size_t kSize = 256 * 1024;
  constexpr std::size_t kFit = Sessions::kMostDormantBytes / kSize;
  std::string body = R"({"Target":"i-0123456789abcdef0"})";
  body.append(kSize - body.size(), ' ');
  const auto request = make_session_request({}, {}, body, "SSM-SessionManagerRunShell");
  REQUIRE(request != nullptr);
  Run run;
  const auto start_and_leave = [&](const std::string& id, const Owner& owner) {
    auto whole = facts(id, owner);
    whole.request = request;
    run.take(run.sessions.open(whole, run.now));
    run.sessions.answered(id, run.now);
    run.pass(60s);
  };
  start_and_leave("bob's", kBob);
  for (std::size_t i = 0; i < kFit; ++i) start_and_leave(std::to_string(i), kAlice);
  // One of them comes back, and counts no more.
  run.take(run.sessions.resume(facts("2"), run.now));
  const auto channel = run.connect();
  REQUIRE(channel != 0);
  start_and_leave("next", kAlice);
  run.pass(1s);
  CHECK(run.at("0").state == State::dormant);
  run.lose(channel);
  run.pass(60s);
  REQUIRE(run.at("2").state == State::dormant);
  run.pass(1s);
  // Ended, so that it is known as that under `resume: any`.
  CHECK(run.at("0").state == State::ended);
  CHECK(run.at("0").closed_by == Closer::error);
  CHECK(run.sessions.standing("0", kAlice) == Standing::ended);
  for (const char* id : {"1", "2", "3", "next", "bob's"}) CHECK(run.at(id).state == State::dormant);
  // The end of each account was recorded, and once.
  CHECK(run.ended.size() == kFit + 3);
  run.pass(14h);
  CHECK(run.at("1").state == State::ended);
}

TEST_CASE("of one that ends after its account was recorded little is remembered, too") {
  Run run;
  auto whole = facts("a");
  whole.rule = "orders";
  run.take(run.sessions.open(whole, run.now));
  run.pass(60s);
  REQUIRE(run.at("a").state == State::dormant);
  run.pass(13h);
  CHECK(run.at("a").state == State::ended);
  // Its record is given a moment to be down: who is killed meanwhile writes it again, and whole.
  CHECK(run.at("a").facts.rule == "orders");
  run.pass(1s);
  CHECK(run.at("a").facts.rule.empty());
  CHECK(run.ended.size() == 1);
}
