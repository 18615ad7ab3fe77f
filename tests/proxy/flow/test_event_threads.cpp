#include "flow/event_threads.hpp"

#include <doctest/doctest.h>

#include <future>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

using namespace ssmgate::flow;
namespace asio = boost::asio;

TEST_CASE("one more thread when those that are there have no rest") {
  CHECK(threads_wanted(1, 4, 0.0) == 1);
  CHECK(threads_wanted(1, 4, 0.89) == 1);
  CHECK(threads_wanted(1, 4, 0.91) == 2);
  CHECK(threads_wanted(3, 4, 2.8) == 4);
  CHECK(threads_wanted(4, 4, 4.0) == 4);
  CHECK(threads_wanted(1, 1, 1.0) == 1);
}

TEST_CASE("one less when the others would have half of their time left") {
  CHECK(threads_wanted(2, 4, 0.6) == 2);
  CHECK(threads_wanted(2, 4, 0.49) == 1);
  CHECK(threads_wanted(4, 4, 1.4) == 3);
  CHECK(threads_wanted(4, 4, 1.6) == 4);
}

TEST_CASE("what is wanted is always between one and the most, and settles") {
  for (unsigned most = 1; most <= 8; ++most) {
    for (double busy = 0; busy <= 8; busy += 0.05) {
      unsigned threads = 1;
      for (int look = 0; look < 10; ++look) threads = threads_wanted(threads, most, busy);
      CHECK(threads >= 1);
      CHECK(threads <= most);
      CHECK(threads_wanted(threads, most, busy) == threads);
    }
  }
}

namespace {

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

TEST_CASE("threads come and go while the loop runs") {
  asio::io_context context;
  const auto work = asio::make_work_guard(context);
  EventThreads threads(context, 3);
  CHECK_FALSE(threads.running());
  threads.start();
  CHECK(threads.running());
  run_on(context, [&] { CHECK(threads.active() == 1); });
  run_on(context, [&] { threads.adjust(0.95); });
  run_on(context, [&] { CHECK(threads.active() == 2); });
  // Both wait for each other: two run at once.
  std::promise<void> first, second;
  asio::post(context, [&] {
    first.set_value();
    second.get_future().wait();
  });
  asio::post(context, [&] {
    first.get_future().wait();
    second.set_value();
  });
  for (const double busy : {2.9, 2.9, 0.0, 0.0, 0.0, 0.95, 0.0}) {
    run_on(context, [&] { threads.adjust(busy); });
  }
  run_on(context, [&] { CHECK(threads.active() == 1); });
  threads.stop();
  CHECK_FALSE(threads.running());
}
