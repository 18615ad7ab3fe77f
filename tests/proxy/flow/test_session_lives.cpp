// Sessions in random order of everything that can happen to them.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

#include "session_run.hpp"

using namespace ssmgate::test;

// Whatever happens in whatever order: no session outlives its time, each account ends once, and the
// counts are right.
TEST_CASE("random lives keep the invariants") {
  std::mt19937 random(7);
  const auto pick = [&](std::uint32_t below) { return random() % below; };
  for (int round = 0; round < 200; ++round) {
    Run run;
    Sessions::Limits limits;
    limits.max_duration = 10min;
    limits.max_per_owner = 1000;
    run.sessions.set_limits(limits);
    std::set<ChannelNumber> open;
    std::map<std::string, int> accounts;
    std::uint32_t started = 0;
    for (int step = 0; step < 300; ++step) {
      const Owner& owner = pick(2) == 0 ? kAlice : kBob;
      const std::string id = "s" + std::to_string(started == 0 ? 0 : pick(started));
      const auto standing = run.sessions.standing(id, owner);
      switch (pick(9)) {
        case 0:
          run.start("s" + std::to_string(started++), owner);
          ++accounts["s" + std::to_string(started - 1)];
          break;
        case 1:
        case 2:
          if (const auto channel = run.connect(owner)) open.insert(channel);
          break;
        case 3:
          if (!open.empty()) {
            const auto channel = *open.begin();
            open.erase(channel);
            run.lose(channel, Closer::client, 1, 1);
          }
          break;
        case 4:
          if (standing == Standing::live || standing == Standing::dormant) {
            if (standing == Standing::dormant) ++accounts[id];
            run.resume(id, owner);
          }
          break;
        case 5:
          // One that is dormant has the end of its account behind it, and this one now.
          if (const Session* session = run.sessions.find(id)) {
            if (session->state == State::dormant) ++accounts[id];
          }
          run.take(run.sessions.end(id, Closer::killed, run.now));
          break;
        case 6: run.take(run.sessions.terminate(id, owner, run.now)); break;
        case 7: run.take(run.sessions.shorten(id, std::chrono::minutes(pick(20)))); break;
        default: run.pass(std::chrono::seconds(pick(90))); break;
      }
      for (const ChannelNumber channel : std::exchange(run.cut, {})) {
        if (open.erase(channel) != 0) run.lose(channel, Closer::killed, 1, 1);
      }
      std::size_t live = 0;
      run.sessions.each_live([&](const Session& session) {
        CHECK(session.started + limits.max_duration > run.now - 90s);
        CHECK((session.state == State::attached) == (session.channel != 0));
        ++live;
      });
      CHECK(run.sessions.count_live() == live);
    }
    for (const ChannelNumber channel : open) run.lose(channel);
    run.pass(10min);
    for (const ChannelNumber channel : std::exchange(run.cut, {})) run.lose(channel);
    std::map<std::string, int> ended;
    for (const std::string& id : run.ended) ++ended[id];
    CHECK(ended == accounts);
  }
}
