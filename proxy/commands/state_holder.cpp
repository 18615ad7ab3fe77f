#include "commands/state_holder.hpp"

#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <string>

namespace ssmgate::commands {
namespace fs = std::filesystem;
namespace {

// SOURCE: state/session_database.cpp takes it.
constexpr const char* kLock = "sessions.db.lock";

bool is_ssmgate(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/comm");
  std::string name;
  return std::getline(file, name) && name == "ssmgate";
}

}  // namespace

std::optional<pid_t> find_state_holder(const fs::path& state) {
  struct stat status {};
  if (::stat((state / kLock).c_str(), &status) != 0) return std::nullopt;
  // SOURCE: proc(5), locks: "1: FLOCK  ADVISORY  WRITE 1234 fd:01:5678 0 EOF". The device is not
  // what stat(2) says on every file system, so the program's name stands in for it.
  const std::string inode = ":" + std::to_string(status.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, type, force, mode, place;
    pid_t process = 0;
    if (!(words >> number >> type >> force >> mode >> process >> place)) continue;
    if (type == "FLOCK" && place.ends_with(inode) && is_ssmgate(process)) return process;
  }
  return std::nullopt;
}

}  // namespace ssmgate::commands
