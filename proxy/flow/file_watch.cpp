#include "flow/file_watch.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <system_error>

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace fs = std::filesystem;
namespace {

// Not IN_MODIFY: a log that is written in the same folder would wake us at every line, and a file
// that is still open for writing is not done.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                  IN_DELETE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF |
                                  IN_ONLYDIR;
// LIMIT: the kernel follows 40 symbolic links in one path (path_resolution(7)).
constexpr int kMaxLinks = 40;

std::int64_t nanoseconds(const timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// Takes the first link on the way to `file` out of it, and notes the folder it stands in. False:
// there is none left, and the folder of the file itself is noted.
bool follow_link(fs::path& file, std::set<fs::path>& folders) {
  fs::path so_far;
  for (auto part = file.begin(); part != file.end(); ++part) {
    if (*part == "..") {
      so_far = so_far.parent_path();
      continue;
    }
    const fs::path next = so_far / *part;
    std::error_code error;
    const fs::path target = fs::read_symlink(next, error);
    if (error) {
      so_far = next;
      continue;
    }
    folders.insert(so_far);
    fs::path rest = so_far / target;
    while (++part != file.end()) rest /= *part;
    file = std::move(rest);
    return true;
  }
  folders.insert(so_far.parent_path());
  return false;
}

}  // namespace

std::vector<FileState> look_at(const std::vector<fs::path>& files) {
  std::vector<FileState> states;
  for (const fs::path& file : files) {
    FileState& state = states.emplace_back();
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) continue;
    state.present = true;
    state.device = status.st_dev;
    state.inode = status.st_ino;
    state.size = status.st_size;
    state.modified_ns = nanoseconds(status.st_mtim);
    state.changed_ns = nanoseconds(status.st_ctim);
  }
  return states;
}

std::set<fs::path> folders_of(const std::vector<fs::path>& files) {
  std::set<fs::path> folders;
  for (fs::path file : files) {
    for (int links = 0; links < kMaxLinks && follow_link(file, folders); ++links) {
    }
  }
  return folders;
}

FileWatch::FileWatch(asio::io_context& context, std::function<void()> changed)
    : descriptor_(context), changed_(std::move(changed)) {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return;
  descriptor_.assign(descriptor);
  wait();
}

void FileWatch::watch(const std::set<fs::path>& folders) {
  if (!works()) return;
  std::set<int> next;
  for (const fs::path& folder : folders) {
    // One that is not there yet, or may not be read, is noticed by the slow look only.
    const int watch = ::inotify_add_watch(descriptor_.native_handle(), folder.c_str(), kEvents);
    if (watch >= 0) next.insert(watch);
  }
  for (const int old : watches_) {
    if (!next.contains(old)) ::inotify_rm_watch(descriptor_.native_handle(), old);
  }
  watches_ = std::move(next);
}

void FileWatch::wait() {
  descriptor_.async_wait(
      asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
        if (error) return;
        // Which file it was is looked up with care, elsewhere.
        alignas(inotify_event) std::array<char, 4096> dropped;
        while (::read(descriptor_.native_handle(), dropped.data(), dropped.size()) > 0) {
        }
        changed_();
        wait();
      });
}

}  // namespace ssmgate::flow
