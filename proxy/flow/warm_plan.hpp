// When a spare connection is opened to a host, so that the next command finds a warm one. Pure: the
// clock and the chance are passed in (docs/decisions/0011-a-spare-connection.md).
#pragma once

#include <chrono>
#include <map>
#include <vector>

#include "flow/idle_streams.hpp"

namespace ssmgate::flow {

// LIMIT: a spare is kept for 10 min after a host's last request.
inline constexpr std::chrono::minutes kKeepWarm{10};
// LIMIT: 32 hosts; of more, those used longest ago have none.
inline constexpr std::size_t kMaxWarmHosts = 32;

class WarmPlan {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // A request has been permitted to `host`: from now on it may have a spare.
  void used(const UpstreamHost& host, Time now);
  // True when a spare is to be opened now, `idle` being idle already; the caller then says how it
  // went. One at a time, and none for a host that was not used of late.
  [[nodiscard]] bool begin(const UpstreamHost& host, std::size_t idle, Time now);
  // After a failure the next try comes 5 s on, twice as long after each further one; `jitter` (0 to
  // 1) lengthens the pause by as much again, so that many gateways do not come back at once.
  void end(const UpstreamHost& host, bool good, Time now, double jitter);
  // The hosts that may want one; forgets those that have not been used.
  [[nodiscard]] std::vector<UpstreamHost> hosts(Time now);

 private:
  struct Entry {
    Time last_used;
    Time not_before;
    int failures = 0;
    bool opening = false;
  };
  std::map<UpstreamHost, Entry> entries_;
};

}  // namespace ssmgate::flow
