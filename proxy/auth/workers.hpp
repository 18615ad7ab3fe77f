// A few threads for what would hold up the event loop: hashing passwords, asking the system for
// users. Bounded, and fair to those who ask.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

namespace ssmgate::auth {

class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() = default;
  // On a thread of the workers, once. Must not throw.
  virtual void run() = 0;
};
using TaskPtr = std::shared_ptr<Task>;

// Safe to use from several threads, as long as each caller's executor runs one handler at a time.
class Workers {
 public:
  struct Limits {
    int threads = 2;
    std::size_t lane = 16;    // that wait in one lane
    std::size_t whole = 512;  // that wait in all
  };

  // The threads start with the first task.
  explicit Workers(const Limits& limits);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  // Who still waits is resumed with null. A task that runs is left to end by itself.
  ~Workers();

  // Has `task` run and returns it. Lanes have their turns one after the other, so that a long one
  // holds up itself alone. Who asks for an `id` that waits or runs already gets that one's task.
  // Null: there was no room in the lane, or `deadline` has passed.
  [[nodiscard]] boost::asio::awaitable<TaskPtr> run(std::string id, std::string lane, TaskPtr task,
                                                    std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace ssmgate::auth
