#include "commands/inherited_descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <string>

namespace ssmgate::commands {

InheritedDescriptors::InheritedDescriptors() {
  std::error_code none;  // without /proc nothing but the three standard ones is passed on
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", none)) {
    const std::string name = entry.path().filename().string();
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    const int flags = ::fcntl(descriptor, F_GETFD);
    const bool passed_on = flags >= 0 && (flags & FD_CLOEXEC) == 0;
    if (passed_on && descriptor > STDERR_FILENO) open_.push_back(descriptor);
  }
  std::ranges::sort(open_);
}

int InheritedDescriptors::close_others(posix_spawn_file_actions_t& actions) const {
  // None is opened beyond the limit, and glibc takes no number from there; one that is there all
  // the same was inherited.
  constexpr long kMost = std::numeric_limits<int>::max();
  const long said = ::sysconf(_SC_OPEN_MAX);
  const auto limit = static_cast<int>(said < 0 ? kMost : std::min(said, kMost));
  int next = STDERR_FILENO + 1;
  for (const int kept : open_) {
    for (; next < std::min(kept, limit); ++next) {
      // One that is not open is no error.
      const int error = ::posix_spawn_file_actions_addclose(&actions, next);
      if (error != 0) return error;
    }
    next = kept + 1;
  }
  return next < limit ? ::posix_spawn_file_actions_addclosefrom_np(&actions, next) : 0;
}

}  // namespace ssmgate::commands
