#include "commands/doctor/disk.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <limits>
#include <string>

namespace ssmgate::doctor {
namespace fs = std::filesystem;

int try_writing(const fs::path& folder) {
  std::string name = (folder / ".ssmgate-doctor-XXXXXX").string();
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) return errno;
  const std::string line = "{\"event\":\"probe\"}\n";
  int error = 0;
  if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::fsync(fd) != 0) {
    error = errno;
  }
  ::close(fd);
  ::unlink(name.c_str());
  return error;
}

std::uint64_t find_free_bytes(const fs::path& folder) {
  struct statvfs room {};
  const bool told = ::statvfs(folder.c_str(), &room) == 0 && room.f_blocks != 0;
  return told ? room.f_bavail * room.f_frsize : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace ssmgate::doctor
