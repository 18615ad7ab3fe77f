// `ssmgate audit tail`: the last records, and those that come.
//
// Exit status: 0, 1 when lines were no records and were passed over, 2 when the log cannot be read.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <memory>
#include <string>

#include "audit/record_view.hpp"
#include "audit/table.hpp"
#include "commands/audit.hpp"
#include "commands/output.hpp"

namespace ssmgate::commands {
namespace {

// How often a followed log is looked at. A look is one call of the kernel where nothing has
// changed.
constexpr int kLookMilliseconds = 200;
// LIMIT: 1,000,000 lines are held before the first is shown.
constexpr std::uint64_t kMaxLines = 1'000'000;

struct TailOptions {
  LogOptions log;
  FilterOptions filter;
  std::uint64_t lines = 10;
  bool follow = false;
  bool json = false;
};

class Tail {
 public:
  Tail(const TailOptions& options, audit::Filter filter)
      : options_(options), filter_(std::move(filter)), colour_(wants_colour()) {}

  // The line, when it is to be shown.
  bool wants(const std::string& file, const audit::Line& line) {
    if (!line.ended) return false;
    const auto record = line.too_long ? std::nullopt : audit::scan_record(line.text);
    if (!record) damaged_.add(shown_log(file), line.number);
    return record && filter_.matches(*record);
  }

  bool show(std::string_view line) {
    const auto record = audit::scan_record(line);
    if (!record) return true;
    std::string& out = out_.text();
    if (!options_.json) {
      audit::append_human(*record, colour_, out);
      return out_.settle();
    }
    if (shows_on_terminal()) {
      audit::append_json_for_terminal(line, out);
    } else {
      out += line;
    }
    out += '\n';
    return out_.settle();
  }

  bool flush() { return out_.flush(); }
  [[nodiscard]] int status() const { return damaged_.report(0); }

 private:
  const TailOptions& options_;
  const audit::Filter filter_;
  const bool colour_;
  DamagedLines damaged_;
  Output out_;
};

// A file that grows, is moved away, cut, or made anew.
class FollowedLog {
 public:
  FollowedLog(std::string file, int fd, off_t at) : file_(std::move(file)), fd_(fd), at_(at) {}
  ~FollowedLog() { ::close(fd_); }
  FollowedLog(const FollowedLog&) = delete;
  FollowedLog& operator=(const FollowedLog&) = delete;

  // Everything that has come since. Zero, or errno.
  int read(const audit::LineSplitter::Take& take) {
    struct stat named {};
    const bool there = ::stat(file_.c_str(), &named) == 0;
    struct stat open {};
    if (::fstat(fd_, &open) != 0) return errno;
    // What was written before it was moved away is read first.
    const int error = read_rest(open.st_size, take);
    const bool other = named.st_ino != open.st_ino || named.st_dev != open.st_dev;
    if (error != 0 || !there || !other) return error;
    const int fd = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return errno == ENOENT ? 0 : errno;
    ::close(fd_);
    fd_ = fd;
    restart();
    if (::fstat(fd_, &open) != 0) return errno;
    return read_rest(open.st_size, take);
  }

 private:
  void restart() {
    at_ = 0;
    splitter_ = std::make_unique<audit::LineSplitter>();
  }

  int read_rest(off_t size, const audit::LineSplitter::Take& take) {
    if (size < at_) restart();
    std::string piece(std::size_t{64} * 1024, '\0');
    while (true) {
      const ssize_t got = ::pread(fd_, piece.data(), piece.size(), at_);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno;
      if (got == 0) return 0;
      at_ += got;
      (void)splitter_->feed({piece.data(), static_cast<std::size_t>(got)}, take);
    }
  }

  const std::string file_;
  int fd_;
  off_t at_;
  std::unique_ptr<audit::LineSplitter> splitter_ = std::make_unique<audit::LineSplitter>();
};

// The last lines of what can only be read from the front.
int show_last_of_stream(const std::string& file, int fd, const TailOptions& options, Tail& tail) {
  std::deque<std::string> last;
  const int error = audit::read_lines(fd, [&](const audit::Line& line) {
    if (!tail.wants(file, line)) return true;
    last.emplace_back(line.text);
    if (last.size() > options.lines) last.pop_front();
    return true;
  });
  if (error != 0) return fail_to_read(file, error);
  for (const std::string& line : last) {
    if (!tail.show(line)) return kAuditUnreadable;
  }
  return tail.flush() ? 0 : kAuditUnreadable;
}

// Until the reader of standard output leaves.
int follow_log(FollowedLog& log, const std::string& file, Tail& tail) {
  while (true) {
    bool written = true;
    const int error = log.read([&](const audit::Line& line) {
      if (written && tail.wants(file, line)) written = tail.show(line.text);
      return true;
    });
    if (error != 0) return fail_to_read(file, error);
    if (!written || !tail.flush()) return kAuditUnreadable;
    pollfd reader{STDOUT_FILENO, 0, 0};
    if (::poll(&reader, 1, kLookMilliseconds) > 0 && (reader.revents & (POLLERR | POLLHUP)) != 0) {
      return 0;
    }
  }
}

bool is_regular_log(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

// From the newest file backwards, until there are enough. `end` is that of the newest one's lines.
int gather_last(const LogFiles& files, const TailOptions& options, Tail& tail, off_t& end,
                std::vector<std::string>& lines) {
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    const int fd = open_log(*file);
    if (fd < 0) return kAuditUnreadable;
    off_t whole = 0;
    const int error = audit::read_lines_backwards(fd, whole, [&](const audit::Line& line) {
      if (lines.size() >= options.lines) return false;
      if (tail.wants(*file, line)) lines.emplace_back(line.text);
      return lines.size() < options.lines;
    });
    ::close(fd);
    if (error != 0) return fail_to_read(*file, error);
    if (file == files.rbegin()) end = whole;
    if (lines.size() >= options.lines) break;
  }
  std::reverse(lines.begin(), lines.end());
  return 0;
}

int run_tail(const TailOptions& options) {
  auto filter = options.filter.make();
  if (!filter) return kAuditUnreadable;
  const auto found = find_logs(options.log);
  if (!found) return kAuditUnreadable;
  const LogFiles& files = found->logs.front();
  const std::string& newest = files.back();
  Tail tail(options, std::move(*filter));
  const int fd = open_log(newest);
  if (fd < 0) return kAuditUnreadable;
  if (!is_regular_log(fd)) {
    if (options.follow || files.size() > 1) {
      return fail(shown_log(newest) +
                      " is no file that can be read backwards or followed; leave "
                      "out --follow, and name it alone",
                  kAuditUnreadable);
    }
    const int status = show_last_of_stream(newest, fd, options, tail);
    return status != 0 ? status : tail.status();
  }
  off_t end = 0;
  std::vector<std::string> lines;
  int status = gather_last(files, options, tail, end, lines);
  if (status == 0 && !std::all_of(lines.begin(), lines.end(),
                                  [&](const std::string& line) { return tail.show(line); })) {
    status = kAuditUnreadable;
  }
  if (status == 0 && !tail.flush()) status = kAuditUnreadable;
  if (status != 0 || !options.follow) {
    ::close(fd);
    return status != 0 ? status : tail.status();
  }
  FollowedLog log(newest, fd, end);
  status = follow_log(log, newest, tail);
  return status != 0 ? status : tail.status();
}

}  // namespace

void add_audit_tail(CLI::App& audit, int& exit_status) {
  auto options = std::make_shared<TailOptions>();
  CLI::App* command = audit.add_subcommand("tail", "Print the last records, a line each");
  add_log_options(*command, options->log);
  options->filter.add_to(*command);
  command->add_option("-n,--lines", options->lines, "how many")
      ->check(CLI::Range(std::uint64_t{0}, kMaxLines))
      ->capture_default_str();
  command->add_flag("-f,--follow", options->follow,
                    "go on with those that come, also when the file is rotated");
  command->add_flag("--json", options->json, "print the lines as they stand");
  command->footer(
      "Exit status: 0; 1 when damaged lines were passed over; 2 when the log cannot be read.\n"
      "  ssmgate audit tail --follow --decision deny");
  command->callback([options, &exit_status] { exit_status = run_tail(*options); });
}

}  // namespace ssmgate::commands
