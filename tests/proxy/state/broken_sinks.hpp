// Sinks that fail or hang, as disks and servers do, and what they took in the end.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "state/audit_sink.hpp"

namespace ssmgate::state {

// What a sink took. It outlives the log, for a sink may too.
class Tape {
 public:
  void add(std::string_view fields) {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(fields);
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Takes nothing until it is told to.
class FailingSink final : public AuditSink {
 public:
  explicit FailingSink(std::shared_ptr<std::atomic<bool>> works, std::shared_ptr<Tape> tape = {})
      : AuditSink("failing"), works_(std::move(works)), tape_(std::move(tape)) {}
  FailingSink() : FailingSink(std::make_shared<std::atomic<bool>>(false)) {}
  bool write(std::string_view fields) override {
    if (!*works_) return fail("it is broken");
    if (tape_) tape_->add(fields);
    return true;
  }

 private:
  std::shared_ptr<std::atomic<bool>> works_;
  std::shared_ptr<Tape> tape_;
};

// A hanging disk: no write returns before it is released.
struct Hang {
  std::promise<void> enter;  // the first write has begun
  std::promise<void> release;
  std::promise<void> leave;  // the sink is destroyed
  std::future<void> entered = enter.get_future();
  std::shared_future<void> released = release.get_future().share();
  std::future<void> left = leave.get_future();
  Tape tape;
};

class HangingSink final : public AuditSink {
 public:
  explicit HangingSink(std::shared_ptr<Hang> hang) : AuditSink("hanging"), hang_(std::move(hang)) {}
  ~HangingSink() override { hang_->leave.set_value(); }
  bool write(std::string_view fields) override {
    if (!std::exchange(entered_, true)) hang_->enter.set_value();
    hang_->released.wait();
    hang_->tape.add(fields);
    return true;
  }

 private:
  std::shared_ptr<Hang> hang_;
  bool entered_ = false;
};

}  // namespace ssmgate::state
