// The operator's lines about trouble that comes again and again: upstreams that fail, clients that
// are hung up on. What, why, and not more than a person reads.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "flow/upstream_fault.hpp"
#include "ssmgate/names/ip_address.hpp"

namespace ssmgate::flow {

// Safe from any thread.
class TroubleLog {
 public:
  using Clock = std::chrono::steady_clock;
  // LIMIT: one line in ten seconds for a host and a code, or for a listener and a reason, and 20
  // lines of a kind in all: whoever asks for names that do not exist does not fill the log.
  static constexpr std::chrono::seconds kEvery{10};
  static constexpr std::size_t kLines = 20;

  // Warns of a failure, unless it has been said of late.
  void say(std::string_view host, std::uint16_t port, const UpstreamFault& fault);
  // Warns that `listener` hung up on a client; `detail` is printable.
  void say_hung_up(std::string_view listener, const IpAddress& client, std::string_view detail,
                   std::string_view request_id);
  // Warns that a data channel of `owner` to `host` was refused: the plugin dials seven times in
  // five seconds. `beside_live`: a session there has its channel already.
  void say_no_session(std::string_view owner, std::string_view host, bool beside_live);

  // The line, or nothing when it is kept back.
  [[nodiscard]] std::optional<std::string> compose(std::string_view host, std::uint16_t port,
                                                   const UpstreamFault& fault,
                                                   Clock::time_point now);
  // Each kind has lines of its own: trouble of one hides none of another.
  enum class Kind : std::uint8_t { upstream, client, session };
  // The same of any trouble: `what` it is, which is said once, and the whole line about it.
  [[nodiscard]] std::optional<std::string> compose(Kind kind, const std::string& what,
                                                   std::string line, Clock::time_point now);

 private:
  struct Period {
    Clock::time_point begun{};
    std::map<std::string, std::uint64_t> said;  // how often what was said came again
    std::uint64_t kept_back = 0;                // of what was not said at all
  };

  std::mutex mutex_;
  std::array<Period, 3> periods_;  // by kind
};

}  // namespace ssmgate::flow
