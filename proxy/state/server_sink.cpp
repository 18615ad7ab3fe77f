// A log server, syslog or journald: gone and back, it is found again off every request's path.
#include "state/server_sink.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include <spdlog/spdlog.h>

#include "state/log_message.hpp"
#include "state/log_socket.hpp"

namespace ssmgate::state {
namespace {

// LIMIT: less than a record's second, so that the sink can say why before the record is given up.
constexpr std::chrono::milliseconds kSendDeadline{800};

// LIMIT: a server that is gone is looked for after 0.2 s, then after twice as long, up to 5 s.
constexpr std::chrono::milliseconds kFirstRetry{200};
constexpr std::chrono::milliseconds kLongestRetry{5000};

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

class ServerSink final : public OneWaySink {
 public:
  ServerSink(const config::AuditSink& settings, tls::ContextPtr context, LineFormat format)
      : OneWaySink(settings.text(), format),
        settings_(settings),
        journal_(settings_.type == config::AuditSink::Type::journald),
        address_(settings_.address),
        context_(std::move(context)) {
    labels_.facility = settings_.facility;
    labels_.app_name = settings_.app_name;
    labels_.host = host_name();
    labels_.process = ::getpid();
  }

  // The next connection is made with the certificates as they are now.
  void reopen() override {
    if (!context_) return;
    auto made = make_log_context(settings_);
    if (const auto* words = std::get_if<std::string>(&made)) {
      return spdlog::warn("audit: `{}` goes on with the certificates of before: {}", name(),
                          *words);
    }
    context_ = std::get<tls::ContextPtr>(std::move(made));
  }

  // Looks for a server that was not there; the log says that it is back with the next record.
  void tend() override { static_cast<void>(is_connected()); }
  [[nodiscard]] Clock::time_point due() const override { return retry_at_; }

 protected:
  bool send(std::string_view line, std::string_view fields) override {
    line.remove_suffix(1);
    const std::string message =
        journal_ ? journal_entry(labels_, fields, line) : syslog_message(labels_, fields, line);
    const Clock::time_point until = Clock::now() + kSendDeadline;
    // A server that has begun anew since the last record is connected to once more at once.
    for (int attempt = 0; attempt < 2; ++attempt) {
      if (!is_connected()) return false;
      if (put(message, until)) return true;
      const bool too_long = socket_->too_long();
      fail(socket_->fault());
      if (too_long) return false;
      socket_.reset();
      // Of a stream a part may be out, and what failed over UDP is the record before: nothing is
      // sent a second time.
      if (address_.transport != config::LogAddress::Transport::unix_socket || streamed_) break;
    }
    return postpone();
  }

 private:
  bool put(const std::string& message, Clock::time_point until) {
    streamed_ = socket_->is_stream();
    if (!streamed_) {
      if (socket_->send(message, until)) return true;
      return journal_ && socket_->too_long() && socket_->send_as_file(message, until);
    }
    // Over a Unix stream lines are what servers read; over TCP and TLS lengths are.
    const bool lines = address_.transport == config::LogAddress::Transport::unix_socket;
    return socket_->send(lines ? message + "\n" : counted(message), until);
  }

  bool is_connected() {
    if (socket_ && socket_->is_alive()) return true;
    socket_.reset();
    if (Clock::now() < retry_at_ && retry_at_ != Clock::time_point::max()) return false;
    auto made = LogSocket::connect(address_, context_, Clock::now() + kSendDeadline);
    if (auto* words = std::get_if<std::string>(&made)) {
      fail(std::move(*words));
      return postpone();
    }
    socket_ = std::get<std::unique_ptr<LogSocket>>(std::move(made));
    pause_ = kFirstRetry;
    retry_at_ = Clock::time_point::max();
    return true;
  }

  // Until then nobody waits for it: what comes is failed at once.
  bool postpone() {
    retry_at_ = Clock::now() + pause_;
    pause_ = std::min(pause_ * 2, kLongestRetry);
    return false;
  }

  const config::AuditSink settings_;
  const bool journal_;
  const config::LogAddress& address_;
  tls::ContextPtr context_;
  LogLabels labels_;
  std::unique_ptr<LogSocket> socket_;
  bool streamed_ = false;
  std::chrono::milliseconds pause_ = kFirstRetry;
  Clock::time_point retry_at_ = Clock::time_point::max();  // max: nothing is to be looked for
};

// Null where the server is spoken to in the clear.
std::variant<SinkFault, tls::ContextPtr> open_context(const config::AuditSink& settings) {
  if (settings.address.transport != config::LogAddress::Transport::tls) return tls::ContextPtr();
  auto made = make_log_context(settings);
  if (const auto* words = std::get_if<std::string>(&made)) {
    return SinkFault{"audit: " + settings.text() + ": " + *words};
  }
  return std::get<tls::ContextPtr>(std::move(made));
}

}  // namespace

std::variant<SinkFault, std::unique_ptr<AuditSink>> open_server_sink(
    const config::AuditSink& settings, LineFormat format) {
  auto context = open_context(settings);
  if (auto* fault = std::get_if<SinkFault>(&context)) return std::move(*fault);
  return std::make_unique<ServerSink>(settings, std::get<tls::ContextPtr>(std::move(context)),
                                      format);
}

std::vector<std::string> find_server_faults(const config::Audit& settings) {
  std::vector<std::string> faults;
  for (const config::AuditSink& sink : settings.sinks) {
    auto context = open_context(sink);
    if (auto* fault = std::get_if<SinkFault>(&context)) faults.push_back(std::move(fault->text));
  }
  return faults;
}

}  // namespace ssmgate::state
