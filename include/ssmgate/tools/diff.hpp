// `ssmgate diff`, the pure part: what one policy grants that another does not, and the reverse.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssmgate/rules/policy.hpp"
#include "ssmgate/text/diagnostic.hpp"
#include "ssmgate/tools/eval.hpp"

namespace ssmgate::tools {

// A request that one policy relays and the other refuses, or relays for a shorter time; `evaluate`
// has confirmed it.
struct DiffWitness {
  EvalCaller caller;
  std::string body;
};

struct Change {
  enum class Kind : std::uint8_t { rule, report_mode, operation };

  // One entry of the rule that contributes, in the words of the file: `hosts`, `db.example.com`; or
  // `deny` and the id of a rule of the other policy; or `max_duration` and the longer one, `none`
  // where the rule has none.
  struct Entry {
    std::string key, text;
    std::optional<DiffWitness> witness;  // absent: cannot tell
  };

  Kind kind = Kind::rule;
  std::string rule;    // Kind::rule: its id; Kind::operation: an operation's name
  Position where;      // of the rule
  std::string reason;  // for a person: why one policy relays and the other does not
  std::vector<Entry> entries;
  bool as_a_whole = false;             // it says more than its entries, or it has none
  std::optional<DiffWitness> witness;  // of the change; absent: cannot tell, or Kind::operation
};

struct Difference {
  std::vector<Change> granted;  // the newer policy relays, the older does not, or not for as long
  std::vector<Change> revoked;  // the reverse
};

// `now`: witnesses at or after it are preferred; what the answer is does not depend on it.
// Changes stand in the order of the file that relays. See docs/decisions/0006 for what is exact.
[[nodiscard]] Difference diff(const Policy& older, const Policy& newer,
                              std::chrono::system_clock::time_point now);

// For a person; each witness is a line for a shell that runs `ssmgate eval` on it.
[[nodiscard]] std::string render_diff_text(const Difference& difference, std::string_view older,
                                           std::string_view newer);
// One JSON object and a newline; each `witness` is a line of `ssmgate eval --batch`.
[[nodiscard]] std::string render_diff_json(const Difference& difference);

}  // namespace ssmgate::tools
