#include "state/session_checkpoints.hpp"

#include <spdlog/spdlog.h>

namespace ssmgate::state {

void SessionCheckpoints::written() {
  const int pages = database_.log_pages();
  if (pages < pages_) next_ = kEvery;  // the log has begun anew
  pages_ = pages;
  if (pages < next_) return;
  next_ = pages + kEvery;
  if (pages < kMost) return bell_.ring();
  if (const auto fault = database_.empty_log()) spdlog::error("{}; its log grows", fault->text);
}

void SessionCheckpoints::run() {
  while (!closed_) {
    bell_.sleep();
    if (closed_) return;
    const auto fault = database_.checkpoint();
    if (fault && !failing_) spdlog::error("{}; its log grows", fault->text);
    failing_ = fault.has_value();
  }
}

void SessionCheckpoints::close() {
  closed_ = true;
  bell_.ring();
  if (thread_.joinable()) thread_.join();
}

}  // namespace ssmgate::state
