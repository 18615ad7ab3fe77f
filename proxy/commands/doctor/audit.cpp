#include "commands/doctor/audit.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "commands/doctor/surroundings.hpp"
#include "tls/file.hpp"

namespace ssmgate::doctor {
namespace {

namespace fs = std::filesystem;

// LIMIT: 64 MiB hold a hundred thousand records: time to act.
constexpr std::uint64_t kLittleRoom = std::uint64_t{64} << 20;

// The folder that is there, in which the missing ones would be made.
fs::path existing_folder(fs::path folder) {
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

// A line written beside the log and brought to the disk: what opening does not tell, a full disk
// or a quota, this does.
int probe_beside(const fs::path& folder) {
  std::string name = (folder / ".ssmgate-doctor-XXXXXX").string();
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) return errno;
  const std::string line = "{\"event\":\"doctor\"}\n";
  int error = 0;
  if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::fsync(fd) != 0) {
    error = errno;
  }
  ::close(fd);
  ::unlink(name.c_str());
  return error;
}

SinkFacts look(const fs::path& path) {
  SinkFacts facts;
  facts.path = path;
  struct stat status {};
  facts.exists = ::stat(path.c_str(), &status) == 0;
  const fs::path folder = existing_folder(path.parent_path());
  if (facts.exists) {
    facts.regular = S_ISREG(status.st_mode);
    // A pipe without a reader would hang; it is opened for writing only where nobody reads yet.
    const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) facts.open_error = errno;
    if (fd >= 0) ::close(fd);
  } else if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    facts.open_error = errno;
  }
  struct statvfs room {};
  if (::statvfs(folder.c_str(), &room) == 0) facts.free_bytes = room.f_bavail * room.f_frsize;
  if (facts.open_error == 0 && facts.regular) {
    const int error = probe_beside(folder);
    // The file alone may be ours to write to, its folder not: then it is not full for all we know.
    facts.probe_error = error == EACCES && facts.exists ? 0 : error;
  }
  return facts;
}

Finding check_sink(const SinkFacts& sink, const std::string& comes) {
  if (sink.path.empty()) {
    return ok("audit.sink",
              "records go to the gateway's standard output, which nobody else can try");
  }
  const std::string shown = "the audit log `" + sink.path.string() + "`";
  const std::string folder = shell_word(sink.path.parent_path().string());
  const int error = sink.open_error != 0 ? sink.open_error : sink.probe_error;
  if (error == EACCES) {
    return problem("audit.sink",
                   shown + " cannot be written by this user: run by it, the gateway " + comes,
                   "sudo -u USER ssmgate doctor (USER: who runs the gateway), or name another file "
                   "under `audit.sinks`");
  }
  if (error == ENXIO) {
    return problem("audit.sink", shown + " is a pipe that nobody reads: the gateway " + comes,
                   "start what reads it");
  }
  if (error == ENOSPC || error == EDQUOT) {
    return problem("audit.full", shown + " has no room: the gateway " + comes, "df -h " + folder);
  }
  if (error != 0) {
    return problem(
        "audit.sink",
        shown + " takes no record (" + tls::system_words(error) + "): the gateway " + comes,
        "name another file under `audit.sinks`");
  }
  if (sink.regular && sink.free_bytes < kLittleRoom) {
    return warning(
        "audit.room",
        shown + " has " + std::to_string(sink.free_bytes >> 20U) + " MiB left on its disk",
        "df -h " + folder);
  }
  return ok("audit.sink", shown + " takes records");
}

}  // namespace

std::vector<SinkFacts> gather_sinks(const config::Audit& settings) {
  std::vector<SinkFacts> sinks;
  for (const config::AuditSink& sink : settings.sinks) {
    const bool is_file = sink.type == config::AuditSink::Type::file;
    sinks.push_back(is_file ? look(sink.path) : SinkFacts());
  }
  return sinks;
}

Findings check_sinks(const std::vector<SinkFacts>& sinks, config::Audit::OnFailure on_failure) {
  const std::string comes = on_failure == config::Audit::OnFailure::refuse
                                ? "refuses every session"
                                : "lets sessions through unrecorded";
  Findings found;
  for (const SinkFacts& sink : sinks) found.push_back(check_sink(sink, comes));
  return found;
}

}  // namespace ssmgate::doctor
