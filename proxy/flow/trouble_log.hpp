// The operator's lines about upstreams that fail: which host, why, and not more than a person
// reads.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "flow/upstream_fault.hpp"

namespace ssmgate::flow {

// Safe from any thread.
class TroubleLog {
 public:
  using Clock = std::chrono::steady_clock;
  // LIMIT: one line in ten seconds for a host and a code, and 20 lines in all: whoever asks for
  // names that do not exist does not fill the log.
  static constexpr std::chrono::seconds kEvery{10};
  static constexpr std::size_t kLines = 20;

  // Warns of a failure, unless it has been said of late.
  void say(std::string_view host, std::uint16_t port, const UpstreamFault& fault);

  // The line, or nothing when it is kept back.
  [[nodiscard]] std::optional<std::string> compose(std::string_view host, std::uint16_t port,
                                                   const UpstreamFault& fault,
                                                   Clock::time_point now);

 private:
  std::mutex mutex_;
  Clock::time_point begun_{};                  // of the ten seconds that `said_` is about
  std::map<std::string, std::uint64_t> said_;  // how often what was said came again
  std::uint64_t kept_back_ = 0;                // of what was not said at all
};

}  // namespace ssmgate::flow
