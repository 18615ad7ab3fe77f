#include "flow/upstream_pool.hpp"

#include <algorithm>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include "net/tls_stream.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

// LIMIT: 20 s idle, below the keep-alive of AWS's front ends (60 s for the load balancers they
// publish): a connection is not used in the moment in which the other side gives it up.
constexpr std::chrono::seconds kMaxIdle{20};
// LIMIT: 16 warm connections a host; more commands at once dial anew.
constexpr std::size_t kMaxIdlePerHost = 16;

bool is_closed(const net::error_code& error) {
  return error == asio::error::eof || error == asio::error::connection_reset ||
         error == asio::error::broken_pipe || error == asio::ssl::error::stream_truncated;
}

}  // namespace

net::StreamPtr UpstreamPool::take_idle(const UpstreamHost& host) {
  const std::lock_guard lock(mutex_);
  const auto found = idle_.find(host);
  if (found == idle_.end()) return nullptr;
  auto& streams = found->second;
  const auto oldest = Clock::now() - kMaxIdle;
  // The one used last is the one most likely still open.
  while (!streams.empty()) {
    Idle idle = std::move(streams.back());
    streams.pop_back();
    if (idle.since >= oldest && idle.stream->is_quiet()) return std::move(idle.stream);
    idle.stream->close();
  }
  idle_.erase(found);
  return nullptr;
}

asio::awaitable<std::variant<UpstreamFault, net::StreamPtr>> UpstreamPool::take(
    UpstreamHost host, Watchdog& watchdog) {
  using Result = std::variant<UpstreamFault, net::StreamPtr>;
  if (auto warm = take_idle(host)) co_return Result(std::move(warm));

  const auto deadline = Clock::now() + dialer_.options().connect_timeout;
  auto dial = co_await dialer_.dial(host.name, host.port, denied_);
  if (auto* fault = std::get_if<net::DialFault>(&dial)) {
    UpstreamFault translated;
    translated.code = fault->code;
    translated.detail = std::move(fault->detail);
    co_return Result(std::move(translated));
  }
  auto plain = std::move(std::get<net::StreamPtr>(dial));
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  const Watchdog::Attachment attachment(watchdog, *plain);
  const Watchdog::Stage stage(watchdog, *plain, std::max(left, std::chrono::milliseconds(1)));
  auto handshake = co_await net::connect_tls(plain, context_, host.name);
  if (auto* fault = std::get_if<net::HandshakeFault>(&handshake)) {
    UpstreamFault translated;
    translated.code = Code::upstream_protocol;
    if (fault->certificate) translated.code = Code::upstream_certificate;
    if (is_closed(fault->error)) translated.code = Code::upstream_closed;
    if (stage.expired()) translated.code = Code::upstream_timeout;
    translated.detail = std::move(fault->detail);
    if (stage.expired()) translated.detail = "the TLS handshake took too long";
    co_return Result(std::move(translated));
  }
  co_return Result(std::move(std::get<net::StreamPtr>(handshake)));
}

void UpstreamPool::give_back(const UpstreamHost& host, net::StreamPtr stream) {
  const std::lock_guard lock(mutex_);
  if (retired_) return;
  auto& streams = idle_[host];
  if (streams.size() >= kMaxIdlePerHost) streams.erase(streams.begin());
  streams.push_back(Idle{std::move(stream), Clock::now()});
}

void UpstreamPool::prune() {
  const std::lock_guard lock(mutex_);
  const auto oldest = Clock::now() - kMaxIdle;
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    std::erase_if(entry->second, [&](const Idle& idle) { return idle.since < oldest; });
    entry = entry->second.empty() ? idle_.erase(entry) : std::next(entry);
  }
}

void UpstreamPool::retire() {
  const std::lock_guard lock(mutex_);
  retired_ = true;
  idle_.clear();
}

}  // namespace ssmgate::flow
