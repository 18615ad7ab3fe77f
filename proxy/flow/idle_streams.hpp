// Idle connections to upstreams, each host's in the order in which they came. Knows no clock.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "net/stream.hpp"

namespace ssmgate::flow {

// Where a request goes: the very host that was certified and judged.
struct UpstreamHost {
  std::string name;  // canonical
  std::uint16_t port = 443;
  bool operator==(const UpstreamHost&) const = default;
  auto operator<=>(const UpstreamHost&) const = default;
};

// LIMIT: 20 s idle, below the keep-alive of AWS's front ends (60 s for the load balancers they
// publish): a connection is not used in the moment in which the other side gives it up.
inline constexpr std::chrono::seconds kMaxIdle{20};
// LIMIT: 16 connections a host, in each event loop; more commands at once dial anew.
inline constexpr std::size_t kMaxIdlePerHost = 16;

class IdleStreams {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The one used last that is young enough and still quiet: it is the one most likely still open.
  // Those passed over are closed. Null: there is none.
  [[nodiscard]] net::StreamPtr take(const UpstreamHost& host, Time now);
  // Of one host too many the oldest goes.
  void put(const UpstreamHost& host, net::StreamPtr stream, Time now);
  // Closes what is too old.
  void expire(Time now);
  void clear() { idle_.clear(); }
  [[nodiscard]] std::size_t count(const UpstreamHost& host) const;

 private:
  struct Idle {
    net::StreamPtr stream;
    Time since;
  };
  std::map<UpstreamHost, std::vector<Idle>> idle_;
};

}  // namespace ssmgate::flow
