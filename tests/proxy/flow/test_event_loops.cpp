#include "flow/event_loops.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <functional>
#include <future>
#include <map>
#include <stdexcept>

#include <boost/asio/post.hpp>

using namespace ssmgate::flow;
namespace asio = boost::asio;

TEST_CASE("one more loop when those that are there have no rest") {
  CHECK(loops_wanted(1, 4, 0.0) == 1);
  CHECK(loops_wanted(1, 4, 0.89) == 1);
  CHECK(loops_wanted(1, 4, 0.91) == 2);
  CHECK(loops_wanted(3, 4, 2.8) == 4);
  CHECK(loops_wanted(4, 4, 4.0) == 4);
  CHECK(loops_wanted(1, 1, 1.0) == 1);
}

TEST_CASE("one less when the others would have half of their time left") {
  CHECK(loops_wanted(2, 4, 0.6) == 2);
  CHECK(loops_wanted(2, 4, 0.49) == 1);
  CHECK(loops_wanted(4, 4, 1.4) == 3);
  CHECK(loops_wanted(4, 4, 1.6) == 4);
}

TEST_CASE("what is wanted is always between one and the most, and settles") {
  for (unsigned most = 1; most <= 8; ++most) {
    for (double busy = 0; busy <= 8; busy += 0.05) {
      unsigned loops = 1;
      for (int look = 0; look < 10; ++look) loops = loops_wanted(loops, most, busy);
      CHECK(loops >= 1);
      CHECK(loops <= most);
      CHECK(loops_wanted(loops, most, busy) == loops);
    }
  }
}

namespace {

constexpr std::chrono::hours kNever{24};  // no look but those of the test

// Runs `act` on the context and waits for its end.
void run_on(asio::io_context& context, const std::function<void()>& act) {
  std::promise<void> done;
  asio::post(context, [&] {
    act();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace

TEST_CASE("loops come and go, each with a thread of its own") {
  EventLoops loops(3, kNever);
  CHECK_FALSE(loops.running());
  loops.start();
  CHECK(loops.running());
  CHECK(loops.active() == 1);
  asio::io_context& first = loops.first();
  run_on(first, [&] { CHECK(&loops.freest() == &first); });
  run_on(first, [&] { loops.adjust(0.95); });
  CHECK(loops.active() == 2);
  // The first has a connection, and the second none: the next is the second's.
  asio::io_context* second = nullptr;
  run_on(first, [&] {
    loops.count_connection(first);
    second = &loops.freest();
  });
  REQUIRE(second != &first);
  // Both wait for each other: two run at once.
  std::promise<void> one, other;
  asio::post(first, [&] {
    one.set_value();
    other.get_future().wait();
  });
  asio::post(*second, [&] {
    one.get_future().wait();
    other.set_value();
  });
  for (const double busy : {2.9, 2.9, 0.0, 0.0, 0.0}) {
    run_on(first, [&] { loops.adjust(busy); });
  }
  CHECK(loops.active() == 1);
  run_on(first, [&] { CHECK(&loops.freest() == &first); });
  // One that is given no more connections still serves those it has.
  run_on(*second, [] {});
  loops.stop();
  CHECK_FALSE(loops.running());
}

TEST_CASE("many connections are dealt out in turn") {
  EventLoops loops(2, kNever);
  loops.start();
  run_on(loops.first(), [&] { loops.adjust(0.95); });
  std::map<asio::io_context*, int> dealt;
  run_on(loops.first(), [&] {
    for (int i = 0; i < 100; ++i) {
      asio::io_context& loop = loops.freest();
      loops.count_connection(loop);
      ++dealt[&loop];
    }
  });
  REQUIRE(dealt.size() == 2);
  for (const auto& [loop, count] : dealt) CHECK(count == 50);
  loops.stop();
}

TEST_CASE("a fault of one handler does not end its loop") {
  EventLoops loops(1);
  loops.start();
  asio::post(loops.first(), [] { throw std::runtime_error("a fault"); });
  run_on(loops.first(), [] {});
  loops.stop();
}

// UBSan itself does not survive the want of descriptors.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

TEST_CASE("one more loop is done without when there are no descriptors for it" *
          doctest::skip(kIsSanitized)) {
  EventLoops loops(2, kNever);
  loops.start();
  run_on(loops.first(), [&] {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit none = before;
    none.rlim_cur = 0;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    loops.adjust(0.95);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  });
  CHECK(loops.active() == 1);
  run_on(loops.first(), [&] {
    CHECK(&loops.freest() == &loops.first());
    loops.adjust(0.95);
  });
  CHECK(loops.active() == 2);
  loops.stop();
}

TEST_CASE("loops stop while others are made") {
  for (int i = 0; i < 50; ++i) {
    EventLoops loops(8, kNever);
    loops.start();
    for (int more = 0; more < 7; ++more) asio::post(loops.first(), [&] { loops.adjust(8); });
    loops.stop();
  }
}

TEST_CASE("a loop that hangs is noticed and given no connections") {
  EventLoops loops(2, std::chrono::milliseconds(1));
  loops.start();
  std::promise<void> go_on;
  asio::io_context* second = nullptr;
  // The clock may find one enough again: then one more try.
  while (second == nullptr) {
    run_on(loops.first(), [&] {
      loops.adjust(0.95);
      if (loops.active() < 2) return;
      loops.count_connection(loops.first());
      if (&loops.freest() != &loops.first()) second = &loops.freest();
    });
  }
  std::promise<void> hangs;
  asio::post(*second, [&] {
    hangs.set_value();
    go_on.get_future().wait();
  });
  hangs.get_future().wait();
  // The look before may have been answered just now: then it is the one after.
  bool noticed = false;
  while (!noticed) {
    run_on(loops.first(), [&] {
      loops.adjust(0.95);
      noticed = !loops.all_answer() && &loops.freest() == &loops.first();
    });
  }
  go_on.set_value();
  while (noticed) run_on(loops.first(), [&] { noticed = !loops.all_answer(); });
  loops.stop();
}
