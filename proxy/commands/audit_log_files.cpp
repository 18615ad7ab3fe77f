// Which files an audit log is in, in which order, and how they are opened.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "audit/record_view.hpp"
#include "commands/audit.hpp"
#include "commands/output.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::commands {
namespace {

constexpr const char* kStandardInput = "-";

class OpenLog {
 public:
  explicit OpenLog(const std::string& file) : fd_(open_log(file)) {}
  ~OpenLog() {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }
  OpenLog(const OpenLog&) = delete;
  OpenLog& operator=(const OpenLog&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  const int fd_;
};

// SOURCE: RFC 1952 §2.3.1.
bool is_compressed(int fd) {
  unsigned char magic[2] = {};
  return ::pread(fd, magic, sizeof magic, 0) == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
}

// The number of a file's first record; nothing when that cannot be told without reading it away.
std::optional<std::uint64_t> first_seq(const std::string& file) {
  if (file == kStandardInput) return std::nullopt;
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::optional<std::uint64_t> seq;
  (void)audit::read_lines(fd, [&](const audit::Line& line) {
    const auto record = audit::scan_record(line.text);
    if (record) seq = record->number(audit::Field::seq);
    return false;
  });
  ::close(fd);
  return seq;
}

// `audit.jsonl*` lists the newest first: the numbers tell the order, where every file has one.
void sort_by_age(LogFiles& files) {
  std::vector<std::pair<std::uint64_t, std::string>> numbered;
  for (const std::string& file : files) {
    const auto seq = first_seq(file);
    if (!seq) return;
    numbered.emplace_back(*seq, file);
  }
  std::stable_sort(numbered.begin(), numbered.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < files.size(); ++i) files[i] = std::move(numbered[i].second);
}

}  // namespace

void add_log_options(CLI::App& command, LogOptions& options) {
  command
      .add_option("--file", options.files,
                  "The log, in any number of files of one chain; `-` for standard input. Left out: "
                  "the files that the configuration's sinks write")
      ->type_name("FILE");
  add_config_option(command, options.config,
                    options.config_beside_file
                        ? "Configuration file, to find the log and its key by"
                        : "Configuration file, to find the log by");
}

std::optional<FoundLogs> find_logs(const LogOptions& options) {
  FoundLogs found;
  if (!options.files.empty()) {
    if (options.config && !options.config_beside_file) {
      (void)fail("`--file` names the log, and `--config` is there to find it; leave one out");
      return std::nullopt;
    }
    found.logs.push_back(options.files);
    if (options.files.size() > 1) sort_by_age(found.logs.front());
    return found;
  }
  found.settings = find_settings(options.config);
  if (!found.settings) return std::nullopt;
  for (const config::AuditSink& sink : found.settings->config.audit.sinks) {
    if (sink.type == config::AuditSink::Type::file) found.logs.push_back({sink.path.string()});
  }
  if (!found.logs.empty()) return found;
  (void)fail("no sink of " + escape_invisible(found.settings->source) +
             " is a file; name a log with --file, or `--file -` for standard input");
  return std::nullopt;
}

std::string shown_log(const std::string& file) {
  return file == kStandardInput ? "standard input" : escape_invisible(file);
}

int fail_to_read(const std::string& file, int error) {
  std::string hint = "name the log with --file";
  if (error == EACCES || error == EPERM) hint = "read it as the user that the gateway runs as";
  if (error == ENOENT) hint = "start the gateway first, or name the log with --file";
  return fail("cannot read " + shown_log(file) + ": " + std::strerror(error) + "; " + hint,
              kAuditUnreadable);
}

int open_log(const std::string& file) {
  if (file == kStandardInput) return STDIN_FILENO;
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    (void)fail_to_read(file, errno);
    return -1;
  }
  std::string fault;
  if (S_ISDIR(status.st_mode)) fault = "it is a folder; name the files in it";
  if (S_ISREG(status.st_mode) && is_compressed(fd)) {
    fault = "it is compressed; type `zcat FILE | ssmgate audit … --file -`";
  }
  if (fault.empty()) return fd;
  ::close(fd);
  (void)fail("cannot read " + shown_log(file) + ": " + fault, kAuditUnreadable);
  return -1;
}

bool read_log(const LogFiles& files, const TakeLine& take) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    const OpenLog log(files[i]);
    if (log.fd() < 0) return false;
    bool more = true;
    const int error = audit::read_lines(log.fd(), [&](const audit::Line& line) {
      more = take(i, line);
      return more;
    });
    if (error != 0) return fail_to_read(files[i], error) == 0;
    if (!more) break;
  }
  return true;
}

}  // namespace ssmgate::commands
