// What the large bodies that are held just now take in memory, of all connections and of each
// owner.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "flow/sessions.hpp"

namespace ssmgate::flow {

// Safe from several threads.
class BodyMemory {
 public:
  // LIMIT: 256 MiB of all, and a quarter of that of one owner, so that one user's leave room for
  // others'. Where nobody says who he is, an owner is an address, and many addresses are many.
  static constexpr std::int64_t kMost = 256LL * 1024 * 1024;
  static constexpr std::int64_t kMostOfOne = kMost / 4;

  // `bytes` more; false, and nothing has changed, when that would be too much.
  [[nodiscard]] bool take(const Owner& owner, std::int64_t bytes);
  // What was taken, in parts or at once.
  void give_back(const Owner& owner, std::int64_t bytes);

 private:
  std::mutex mutex_;
  std::int64_t all_ = 0;
  std::map<Owner, std::int64_t> of_;  // those that hold something
};

}  // namespace ssmgate::flow
