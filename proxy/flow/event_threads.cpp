#include "flow/event_threads.hpp"

#include <pthread.h>

#include <ctime>
#include <system_error>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

// Takes whoever runs it out of the loop.
struct Leave {};

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

unsigned threads_wanted(unsigned active, unsigned most, double busy) noexcept {
  constexpr double kFull = 0.9;
  constexpr double kEasy = 0.5;  // with one less
  if (busy > kFull * active && active < most) return active + 1;
  if (active > 1 && busy < kEasy * (active - 1)) return active - 1;
  return active;
}

void EventThreads::start() {
  running_ = true;
  {
    const std::lock_guard lock(mutex_);
    add();
  }
  if (most_ == 1) return;
  timer_.emplace(asio::make_strand(context_));  // one look at a time
  looked_ = std::chrono::steady_clock::now();
  asio::post(context_, [this] { look_later(); });
}

void EventThreads::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  context_.stop();
  for (const auto& each : threads_) {
    if (each->thread.joinable()) each->thread.join();
  }
  running_ = false;
  timer_.reset();
}

unsigned EventThreads::active() const {
  const std::lock_guard lock(mutex_);
  return active_;
}

// With the mutex held.
void EventThreads::add() {
  threads_.reserve(threads_.size() + 1);
  auto made = std::make_unique<Thread>();
  made->thread = std::thread([this, own = made.get()] { run(*own); });
  threads_.push_back(std::move(made));
  ++active_;
}

// With the mutex held.
void EventThreads::try_to_add() {
  try {
    add();
  } catch (const std::system_error& error) {
    if (std::exchange(told_, true)) return;
    spdlog::warn("one more thread is wanted and there is none to be had: {}", error.what());
  }
}

void EventThreads::run(Thread& own) {
  for (;;) {
    try {
      context_.run();
      break;
    } catch (const Leave&) {
      break;
    } catch (const std::exception& error) {
      spdlog::error("a fault of ssmgate's own: {}", error.what());
    }
  }
  own.ended = true;
}

void EventThreads::look_later() {
  timer_->expires_after(kLookEvery);
  timer_->async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    try {
      adjust(measure_busy());
    } catch (const std::exception& trouble) {
      spdlog::error("the event threads stay as many as they are: {}", trouble.what());
    }
    look_later();
  });
}

double EventThreads::measure_busy() {
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::duration<double> passed = now - looked_;
  looked_ = now;
  std::chrono::duration<double> worked{};
  const std::lock_guard lock(mutex_);
  if (stopping_) return 0;  // they may be joined just now
  for (const auto& each : threads_) {
    const auto whole = work_of(each->thread);
    if (whole <= each->worked) continue;
    worked += whole - each->worked;
    each->worked = whole;
  }
  return passed.count() > 0 ? worked / passed : 0;
}

void EventThreads::adjust(double busy) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  std::erase_if(threads_, [](const std::unique_ptr<Thread>& each) {
    const bool ended = each->ended;
    if (ended) each->thread.join();
    return ended;
  });
  const unsigned wanted = threads_wanted(active_, most_, busy);
  if (wanted > active_) try_to_add();
  if (wanted < active_) {
    asio::post(context_, [] { throw Leave(); });
    --active_;
  }
}

}  // namespace ssmgate::flow
