#include "commands/operator_log.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace ssmgate::commands {
namespace {

// "warning: " and "error: "; nothing for what is no trouble.
class TroubleFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    std::string_view word;
    if (message.level == spdlog::level::warn) word = "warning: ";
    if (message.level >= spdlog::level::err) word = "error: ";
    out.append(word.data(), word.data() + word.size());
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<TroubleFlag>();
  }
};

// SOURCE: sd-daemon(3): a line's priority in front of it.
class PriorityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    std::string_view priority = "<6>";
    if (message.level == spdlog::level::warn) priority = "<4>";
    if (message.level >= spdlog::level::err) priority = "<3>";
    out.append(priority.data(), priority.data() + priority.size());
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PriorityFlag>();
  }
};

// SOURCE: systemd.exec(5), $JOURNAL_STREAM: device and inode of the stream. It is inherited: only
// what standard error really is counts.
bool goes_to_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

const char* pattern(LogTime time) {
  if (goes_to_journal()) return "%&%*%v";
  return time == LogTime::utc ? "%Y-%m-%dT%H:%M:%S.%eZ ssmgate: %*%v" : "ssmgate: %*%v";
}

}  // namespace

void open_operator_log(spdlog::level::level_enum level, LogTime time) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<TroubleFlag>('*').add_flag<PriorityFlag>('&').set_pattern(pattern(time));
  auto logger = std::make_shared<spdlog::logger>("ssmgate",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::move(formatter));
  logger->set_level(level);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace ssmgate::commands
