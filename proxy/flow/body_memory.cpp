#include "flow/body_memory.hpp"

namespace ssmgate::flow {

bool BodyMemory::take(const Owner& owner, std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = of_.find(owner);
  const std::int64_t before = found == of_.end() ? 0 : found->second;
  if (all_ + bytes > kMost || before + bytes > kMostOfOne) return false;
  of_[owner] = before + bytes;
  all_ += bytes;
  return true;
}

void BodyMemory::give_back(const Owner& owner, std::int64_t bytes) {
  if (bytes == 0) return;
  const std::lock_guard lock(mutex_);
  all_ -= bytes;
  const auto found = of_.find(owner);
  if ((found->second -= bytes) == 0) of_.erase(found);
}

}  // namespace ssmgate::flow
