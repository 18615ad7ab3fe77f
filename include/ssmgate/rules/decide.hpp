// The judgement: may this request pass? And the proof of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ssmgate/code.hpp"
#include "ssmgate/names/ip_address.hpp"
#include "ssmgate/request/aws_request.hpp"
#include "ssmgate/rules/policy.hpp"

namespace ssmgate {

// LIMIT: bytes of a user's name, in the policy as at the gateway.
inline constexpr std::size_t kMaxUserName = 256;

// Who asks, and when: what the gateway itself knows. Claims of the request are in AwsRequest.
struct Caller {
  std::optional<std::string> user;       // authenticated by the gateway
  std::optional<std::string> unix_user;  // found by the connection's socket
  std::vector<std::string> unix_groups;
  IpAddress client = IpAddress::v4({127, 0, 0, 1});
  std::chrono::system_clock::time_point now;
};

enum class Decision : std::uint8_t { deny, malformed, allow };
enum class Effect : std::uint8_t { refuse, relay };

[[nodiscard]] std::string_view name(Decision decision) noexcept;
[[nodiscard]] std::string_view name(Effect effect) noexcept;

// The whole of a judgement, for the client, the record and `ssmgate eval`.
struct Finding {
  Decision decision = Decision::deny;  // the true one, also in report mode
  Effect effect = Effect::refuse;
  Code code = Code::no_rule;
  std::string rule;                   // id of the rule that decided; empty: none
  std::string nearest;                // id of the nearest allow rule; empty: none
  std::vector<std::string> reported;  // rules in report mode that matched, in the file's order
  std::string message;                // one line for a person; without the request id
  // Of the rule that let it pass, also on trial: how long the session may last.
  std::optional<std::chrono::milliseconds> max_duration;

  // Canonical, without defaults; empty when unknown or malformed.
  std::string document;
  std::string target;
  std::string host;
  std::optional<std::uint16_t> port;
};

// Proof that `decide` let one request pass. Relaying takes one: nothing goes up without.
class Permit {
 public:
  Permit(Permit&&) noexcept = default;
  Permit& operator=(Permit&&) noexcept = default;
  [[nodiscard]] const Finding& finding() const noexcept { return finding_; }

 private:
  friend struct Judge;
  explicit Permit(Finding finding) : finding_(std::move(finding)) {}
  Finding finding_;
};

class Denial {
 public:
  [[nodiscard]] const Finding& finding() const noexcept { return finding_; }

 private:
  friend struct Judge;
  explicit Denial(Finding finding) : finding_(std::move(finding)) {}
  Finding finding_;
};

// Denial first: whatever default there is refuses.
using Judgement = std::variant<Denial, Permit>;

// Judges one decoded request. Never throws but for lack of memory; no clock, no IO.
[[nodiscard]] Judgement decide(const Policy& policy, const Caller& caller,
                               const AwsRequest& request);

[[nodiscard]] const Finding& finding(const Judgement& judgement) noexcept;
// Takes it out: a permit remains the proof that it is, and its `finding()` is empty from then on.
[[nodiscard]] Finding take_finding(Judgement& judgement) noexcept;

// `text` with what is not printable ASCII as \uNNNN, as in JSON, bytes that are no UTF-8 as \xNN:
// what a client sent may go into a message, and no message reaches a terminal raw.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace ssmgate
