// Notices that files may have changed: inotify on the folders they are in.
//
// On the folders, not the files: an editor renames a new file over the old one, and Kubernetes
// swaps a symbolic link that several names go through. Owns the inotify descriptor; knows nothing
// of what the files mean, and says only that it is worth looking.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace ssmgate::flow {

// What is there under a name, as far as a change of content shows in it.
struct FileState {
  bool present = false;
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;
  bool operator==(const FileState&) const = default;
};
[[nodiscard]] std::vector<FileState> look_at(const std::vector<std::filesystem::path>& files);

// Every folder in which a change may give one of `files` (absolute) another content: its own, and
// those of the symbolic links on the way to it.
[[nodiscard]] std::set<std::filesystem::path> folders_of(
    const std::vector<std::filesystem::path>& files);

class FileWatch {
 public:
  // `changed` is called on the event loop. Without inotify (too many instances) it never is.
  FileWatch(boost::asio::io_context& context, std::function<void()> changed);

  [[nodiscard]] bool works() const { return descriptor_.is_open(); }
  // From then on these folders, and no others. By one thread at a time, also beside the event loop.
  void watch(const std::set<std::filesystem::path>& folders);

 private:
  void wait();

  boost::asio::posix::stream_descriptor descriptor_;
  const std::function<void()> changed_;
  std::set<int> watches_;
};

}  // namespace ssmgate::flow
