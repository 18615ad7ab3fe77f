// Waiting on an event loop for what another thread decides.
#include "state/reply.hpp"

#include <doctest/doctest.h>

#include <thread>

#include <boost/asio/this_coro.hpp>

#include "proxy/net/loop.hpp"

using namespace ssmgate::test;
using namespace std::chrono_literals;
using ssmgate::state::Reply;

namespace {

struct Asked {
  explicit Asked(const asio::any_io_executor& executor) : reply(executor) {}
  Reply reply;
};
using AskedPtr = std::shared_ptr<Asked>;

constexpr auto kLong = 20s;

asio::awaitable<bool> wait_for(AskedPtr asked, std::chrono::milliseconds limit) {
  const bool told = co_await asked->reply.wait(limit);
  asked->reply.end();
  co_return told;
}

}  // namespace

TEST_CASE("who waits goes on when it is told, by any thread") {
  asio::io_context io;
  const auto asked = std::make_shared<Asked>(io.get_executor());
  const auto waiting = start(io, wait_for(asked, kLong));
  settle(io);
  CHECK_FALSE(waiting->has_value());
  std::thread other([&asked] { asked->reply.tell(asked); });
  run_until(io, [&waiting] { return waiting->has_value(); });
  other.join();
  CHECK(**waiting);
}

TEST_CASE("what was told before the wait began is not missed") {
  asio::io_context io;
  const auto asked = std::make_shared<Asked>(io.get_executor());
  asked->reply.tell(asked);
  settle(io);
  CHECK(run(io, wait_for(asked, kLong)));
}

TEST_CASE("who is told nothing goes on when the time is over, each at its own") {
  asio::io_context io;
  const auto quick = std::make_shared<Asked>(io.get_executor());
  const auto slow = std::make_shared<Asked>(io.get_executor());
  const auto patient = start(io, wait_for(slow, kLong));
  const auto hasty = start(io, wait_for(quick, 1ms));
  run_until(io, [&hasty] { return hasty->has_value(); });
  CHECK_FALSE(**hasty);
  CHECK_FALSE(patient->has_value());
  quick->reply.tell(quick);  // too late: nobody waits
  slow->reply.tell(slow);
  run_until(io, [&patient] { return patient->has_value(); });
  CHECK(**patient);
}

TEST_CASE("who is told while the event loop pauses beyond the time is told, and once") {
  asio::io_context io;
  const auto asked = std::make_shared<Asked>(io.get_executor());
  const auto waiting = start(io, wait_for(asked, 1ms));
  settle(io);
  std::this_thread::sleep_for(15 * Reply::kTick);  // the loop's own pause
  asked->reply.tell(asked);
  run_until(io, [&waiting] { return waiting->has_value(); });
  CHECK(**waiting);
}

TEST_CASE("a deadline and an answer at once are one of both") {
  for (int i = 0; i < 20; ++i) {
    asio::io_context io;
    const auto asked = std::make_shared<Asked>(io.get_executor());
    int resumed = 0;
    asio::co_spawn(io, wait_for(asked, Reply::kTick),
                   [&resumed](const std::exception_ptr&, bool) { ++resumed; });
    std::thread other([&asked] {
      std::this_thread::sleep_for(Reply::kTick);
      asked->reply.tell(asked);
    });
    io.run();
    other.join();
    io.restart();
    io.run();
    CHECK(resumed == 1);
  }
}

TEST_CASE("the time of the next is kept when that of the last was long over") {
  asio::io_context io;
  for (int i = 0; i < 3; ++i) {
    const auto asked = std::make_shared<Asked>(io.get_executor());
    CHECK_FALSE(run(io, wait_for(asked, 1ms)));
  }
}

TEST_CASE("who is told keeps what was asked alive, and the event loop may be gone by then") {
  auto io = std::make_unique<asio::io_context>();
  auto asked = std::make_shared<Asked>(io->get_executor());
  const std::weak_ptr<Asked> alive = asked;
  asked->reply.tell(asked);
  asked.reset();
  CHECK_FALSE(alive.expired());
  settle(*io);
  CHECK(alive.expired());

  asked = std::make_shared<Asked>(io->get_executor());
  asked->reply.end();
  io.reset();
  asked->reply.tell(asked);
}

TEST_CASE("who waits goes with the event loop") {
  auto io = std::make_unique<asio::io_context>();
  const auto asked = std::make_shared<Asked>(io->get_executor());
  const auto other = std::make_shared<Asked>(io->get_executor());
  const auto waiting = start(*io, wait_for(asked, kLong));
  const auto told = start(*io, wait_for(other, kLong));
  settle(*io);
  other->reply.tell(other);  // and its turn never comes
  io.reset();
  CHECK_FALSE(waiting->has_value());
  CHECK_FALSE(told->has_value());
  CHECK(asked.use_count() == 1);
  CHECK(other.use_count() == 1);
}
