#include "flow/event_loops.hpp"

#include <pthread.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <system_error>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

// What a new connection counts for until the next look: many at once are dealt out in turn, and a
// few go where there is rest.
constexpr double kConnection = 0.01;

// CPU time of a thread that has not been joined.
std::chrono::nanoseconds work_of(std::thread& thread) {
  clockid_t clock{};
  std::timespec time{};
  if (::pthread_getcpuclockid(thread.native_handle(), &clock) != 0 ||
      ::clock_gettime(clock, &time) != 0) {
    return {};
  }
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

unsigned loops_wanted(unsigned active, unsigned most, double busy) noexcept {
  constexpr double kFull = 0.9;
  constexpr double kEasy = 0.5;  // with one less
  if (busy > kFull * active && active < most) return active + 1;
  if (active > 1 && busy < kEasy * (active - 1)) return active - 1;
  return active;
}

EventLoops::EventLoops(unsigned most, std::chrono::milliseconds look_every)
    : most_(most),
      look_every_(look_every),
      first_(loops_.emplace_back(std::make_unique<Loop>()).get()) {}

asio::io_context& EventLoops::freest() noexcept {
  const auto end = loops_.begin() + active_;
  const auto found = std::min_element(loops_.begin(), end, [](const auto& one, const auto& other) {
    return one->burden < other->burden;
  });
  return (*found)->context;
}

void EventLoops::count_connection(const asio::io_context& loop) noexcept {
  for (const auto& each : loops_) {
    if (&each->context == &loop) each->burden += kConnection;
  }
}

void EventLoops::start() {
  running_ = true;
  Loop& one = *first_;
  one.thread = std::thread([&one] { run(one.context); });
  if (most_ == 1) return;
  looked_ = std::chrono::steady_clock::now();
  timer_.emplace(one.context);
  asio::post(one.context, [this] { look_later(); });
}

void EventLoops::stop() {
  if (!std::exchange(running_, false)) return;
  const auto end = [](Loop& loop) {
    loop.context.stop();
    if (loop.thread.joinable()) loop.thread.join();
  };
  // Until it has ended it may make others.
  end(*first_);
  for (const auto& each : loops_) end(*each);
  timer_.reset();
}

void EventLoops::add() {
  auto made = std::make_unique<Loop>();
  // What a loop needs descriptors for is made now, where their want is survived, and not with the
  // first connection.
  const asio::ip::tcp::socket socket(made->context);
  const asio::steady_timer timer(made->context);
  made->thread = std::thread([&context = made->context] { run(context); });
  loops_.push_back(std::move(made));
}

void EventLoops::run(Context& context) {
  for (;;) {
    try {
      context.run();
      return;
    } catch (const std::exception& error) {
      spdlog::error("a fault of ssmgate's own: {}", error.what());
    }
  }
}

void EventLoops::look_later() {
  timer_->expires_after(look_every_);
  timer_->async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    look_later();  // first: there is a next look whatever becomes of this one
    look();
  });
}

void EventLoops::look() {
  double busy = measure_busy();
  bool all = true;
  all_answer_ = false;  // until this look has come to its end
  for (const auto& each : loops_) {
    // One that hangs seems to have all the rest there is, and is as good as busy.
    if (!each->answered.exchange(false)) {
      all = false;
      busy += 1 - std::min(1.0, each->burden);
      each->burden = std::numeric_limits<double>::infinity();
      continue;
    }
    asio::post(each->context, [&answered = each->answered] { answered = true; });
  }
  adjust(busy);
  all_answer_ = all;
}

double EventLoops::measure_busy() {
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::duration<double> passed = now - looked_;
  looked_ = now;
  double busy = 0;
  for (const auto& each : loops_) {
    const auto whole = work_of(each->thread);
    const std::chrono::duration<double> worked = whole - each->worked;
    each->worked = whole;
    each->burden = passed.count() > 0 ? std::max(0.0, worked / passed) : 0;
    busy += each->burden;
  }
  return busy;
}

void EventLoops::adjust(double busy) {
  const unsigned wanted = loops_wanted(active_, most_, busy);
  if (wanted > loops_.size()) {
    try {
      add();
    } catch (const std::exception& error) {
      if (std::exchange(told_, true)) return;
      spdlog::warn("one more event loop is wanted and there is none to be had: {}", error.what());
      return;
    }
  }
  active_ = wanted;
}

}  // namespace ssmgate::flow
