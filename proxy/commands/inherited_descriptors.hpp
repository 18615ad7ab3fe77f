// The descriptors that this program was started with: all that a command it starts may have.
//
// A library may open a file without close-on-exec on another thread just as the command starts
// (OpenSSL reads certificates so), and no lock of ours is around it. So the command's own process
// closes whatever is not one of these.
#pragma once

#include <spawn.h>

#include <vector>

namespace ssmgate::commands {

class InheritedDescriptors {
 public:
  // Those that are open now and would be passed on. Made before the first thread.
  InheritedDescriptors();

  // Has the process that `actions` start close all others. 0, or an error number.
  [[nodiscard]] int close_others(posix_spawn_file_actions_t& actions) const;

 private:
  std::vector<int> open_;  // rising; standard input, output and error are always kept
};

}  // namespace ssmgate::commands
