// The smallest rules that would allow what was refused, and nothing else.
//
// Owns: counting refusals, joining them into rules without widening any, the policy's text. Pure.
// Does not own: what a record says (asked).
//
// INVARIANT: the policy loads, and every request that it is said to allow was judged by it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "audit/asked.hpp"
#include "audit/record_view.hpp"
#include "ssmgate/rules/policy.hpp"

namespace ssmgate::audit {

struct SuggestOptions {
  AskedOptions asked;
  bool denied = false;                     // also what a deny rule refused
  std::shared_ptr<const Policy> in_force;  // what it allows by now is left out; null: unknown
};

struct Suggestion {
  std::string policy;  // YAML with comments
  std::uint64_t rules = 0;
  std::uint64_t requests = 0;  // records that the rules come from
  std::uint64_t left_out = 0;  // records about refusals for which there is no rule
  std::string fault;           // not empty: there is no policy, and why, in one line
};

// LIMIT: 4,000 different requests; whoever may not pass shall not fill the memory either, and
// nobody reads more rules. Further ones are counted as left out.
inline constexpr std::size_t kMaxSuggested = 4'000;

class Suggester {
 public:
  explicit Suggester(SuggestOptions options);
  ~Suggester();
  Suggester(const Suggester&) = delete;
  Suggester& operator=(const Suggester&) = delete;

  // Any record; most are not about a refused StartSession, and passed over.
  void take(const RecordView& record);
  [[nodiscard]] Suggestion finish(std::chrono::system_clock::time_point now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ssmgate::audit
