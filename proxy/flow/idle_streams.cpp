#include "flow/idle_streams.hpp"

namespace ssmgate::flow {

net::StreamPtr IdleStreams::take(const UpstreamHost& host, Time now) {
  const auto found = idle_.find(host);
  if (found == idle_.end()) return nullptr;
  auto& streams = found->second;
  while (!streams.empty()) {
    Idle idle = std::move(streams.back());
    streams.pop_back();
    const bool good = now - idle.since < kMaxIdle && idle.stream->is_quiet();
    if (good) return std::move(idle.stream);
    idle.stream->close();
  }
  // The host's place is kept for when the stream comes back, until `expire`.
  return nullptr;
}

void IdleStreams::put(const UpstreamHost& host, net::StreamPtr stream, Time now) {
  auto& streams = idle_[host];
  if (streams.size() >= kMaxIdlePerHost) streams.erase(streams.begin());
  stream->keep_watch();
  streams.push_back(Idle{std::move(stream), now});
}

void IdleStreams::expire(Time now) {
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    std::erase_if(entry->second, [&](const Idle& idle) { return now - idle.since >= kMaxIdle; });
    entry = entry->second.empty() ? idle_.erase(entry) : std::next(entry);
  }
}

std::size_t IdleStreams::count(const UpstreamHost& host) const {
  const auto found = idle_.find(host);
  return found == idle_.end() ? 0 : found->second.size();
}

}  // namespace ssmgate::flow
