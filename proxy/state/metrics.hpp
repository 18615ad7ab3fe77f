// What the gateway counts. Relaxed atomics and bounded labels: a count costs nobody a lock for
// long, and nobody from outside can make there be more of them.
//
// Owns: the counts. Does not own: their names and text (flow/metrics_text).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ssmgate/code.hpp"
#include "state/record_watch.hpp"

namespace ssmgate::state {

using Count = std::atomic<std::uint64_t>;

// "allow" … as records spell it.
enum class Verdict : std::uint8_t { allow, deny, malformed, relay, error };
inline constexpr std::size_t kVerdicts = 5;
[[nodiscard]] std::string_view name(Verdict verdict) noexcept;

// Every code, and one place for none.
inline constexpr std::size_t kCodes = static_cast<std::size_t>(Code::upstream_protocol) + 1;
inline constexpr std::size_t kNoCode = kCodes;
// "" for kNoCode.
[[nodiscard]] std::string_view code_name(std::size_t index) noexcept;

// By verdict and code.
using VerdictCounts = std::array<std::array<Count, kCodes + 1>, kVerdicts>;

// LIMIT: rules that are counted by their id; the others of a policy are counted together. So many
// that are gone are remembered, too.
inline constexpr std::size_t kCountedRules = 200;

struct RuleCount {
  std::string id;
  bool denies = false;
  Count decided = 0;   // it allowed, or denied, a request
  Count reported = 0;  // it matched in report mode
};

// Seconds, in buckets; the last one holds everything above.
class Histogram {
 public:
  static constexpr std::array<double, 12> kBounds = {0.001, 0.003, 0.01, 0.03, 0.1, 0.3,
                                                     0.5,   1,     3,    10,   30,  60};
  void observe(double seconds) noexcept;
  [[nodiscard]] std::array<std::uint64_t, kBounds.size() + 1> buckets() const noexcept;
  [[nodiscard]] double sum() const noexcept {
    return static_cast<double>(micros_.load(std::memory_order_relaxed)) * 1e-6;
  }

 private:
  std::array<Count, kBounds.size() + 1> buckets_{};
  Count micros_ = 0;
};

// Why a TLS handshake with a client came to nothing.
enum class HandshakeTrouble : std::uint8_t {
  timeout,
  distrusted,   // the client does not believe our certificate
  certificate,  // the client's own was not accepted
  no_leaf,      // none could be made
  other,
};
inline constexpr std::size_t kHandshakeTroubles = 5;
[[nodiscard]] std::string_view name(HandshakeTrouble trouble) noexcept;

// Safe from any thread.
class Metrics {
 public:
  void note(const AuditRecord& record) noexcept;
  void handshake_failed(HandshakeTrouble why) noexcept;

  // The rules of the policy that is in force from now on, in its order. One that was there before
  // goes on with its count, also when it was gone meanwhile. By one thread at a time.
  void set_rules(const std::vector<std::string>& allow, const std::vector<std::string>& deny);
  using RuleCounts = std::vector<std::shared_ptr<RuleCount>>;
  // Those in force that are counted; the last two stand for all others, that allow and that deny.
  // A rule that goes takes its count with it: added to another's it would look like decisions of
  // that moment to whoever asks for a rate.
  [[nodiscard]] RuleCounts rules() const;
  struct Decided {
    std::uint64_t allowed = 0, denied = 0;
    void add(const RuleCount& rule) noexcept;
  };
  // By all rules since the start, those that are gone among them: never less than before.
  [[nodiscard]] Decided decided_by_rules() const;

  VerdictCounts decisions{};  // that no rule made
  VerdictCounts connects{};   // CONNECTs that became no request
  std::array<Count, kCodes> malformed{};
  std::array<Count, kCodes> upstream_failures{};
  std::array<Count, kHandshakeTroubles> handshake_failures{};
  Count reported = 0;  // refusals that report mode let pass
  Count accepted = 0, over_limit = 0;
  std::atomic<std::int64_t> tunnels = 0;  // that are open
  Count bytes_up = 0, bytes_down = 0;     // of tunnels that have ended
  Count audit_lost = 0;                   // records that no sink took in time
  Count reloads_taken = 0, reloads_refused = 0;
  Histogram upstream_seconds;     // a relayed request, to the end of its answer
  Histogram audit_write_seconds;  // until a record that is waited for was down

 private:
  struct Rules {
    RuleCounts all;
    std::map<std::string, std::size_t, std::less<>> places;
    RuleCounts gone;    // that were counted once, the longest gone first
    Decided forgotten;  // by those that are not even in `gone`
  };
  void note_decision(const AuditRecord& record, Verdict verdict, std::size_t code) noexcept;
  void note_result(const AuditRecord& record, std::size_t code) noexcept;
  [[nodiscard]] std::shared_ptr<const Rules> table() const noexcept;

  mutable std::mutex mutex_;
  std::shared_ptr<const Rules> rules_ = std::make_shared<Rules>();
};

}  // namespace ssmgate::state
