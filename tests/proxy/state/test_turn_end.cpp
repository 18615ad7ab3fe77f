// A doorbell is rung once a turn of the event loop, for all who asked.
#include "state/turn_end.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

using namespace ssmgate::state;
namespace asio = boost::asio;

namespace {

bool has_rung(Doorbell& bell) {
  return bell.sleep_until(Doorbell::Clock::now());
}

}  // namespace

TEST_CASE("a bell rings when what was ready has run, and each that was asked for") {
  asio::io_context io;
  const auto one = std::make_shared<Doorbell>();
  const auto other = std::make_shared<Doorbell>();
  bool rung_early = false;
  asio::post(io, [&] {
    TurnEnd::ring(io.get_executor(), one);
    TurnEnd::ring(io.get_executor(), one);
    TurnEnd::ring(io.get_executor(), other);
  });
  asio::post(io, [&] { rung_early = has_rung(*one) || has_rung(*other); });
  io.poll();
  CHECK_FALSE(rung_early);
  CHECK(has_rung(*one));
  CHECK(has_rung(*other));
  CHECK_FALSE(has_rung(*one));
}

TEST_CASE("it rings again in the next turn") {
  asio::io_context io;
  const auto bell = std::make_shared<Doorbell>();
  for (int turn = 0; turn < 3; ++turn) {
    TurnEnd::ring(io.get_executor(), bell);
    CHECK_FALSE(has_rung(*bell));
    io.restart();
    io.poll();
    CHECK(has_rung(*bell));
  }
}

TEST_CASE("a bell that is asked for when the event loop ends goes with it") {
  const auto bell = std::make_shared<Doorbell>();
  {
    asio::io_context io;
    TurnEnd::ring(io.get_executor(), bell);
    CHECK(bell.use_count() == 2);
  }
  CHECK(bell.use_count() == 1);
}
