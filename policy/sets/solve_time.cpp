// The time: points, before which or from which something holds, and hours that come again.
//
// What is asked holds over intervals that begin where one of them begins, so these beginnings are
// the only candidates. INVARIANT: complete as far as the horizon reaches (docs/decisions/0006).
#include <algorithm>

#include "sets/solve.hpp"

namespace ssmgate::sets {
namespace {

using std::chrono::days;
using std::chrono::minutes;

// LIMIT: a year and a month: two zones may agree in winter and differ in summer, and a weekday
// falls on every date of the clock's change only over weeks.
constexpr auto kHorizon = days(400);
// LIMIT: zones' offsets are multiples of a quarter of an hour since 1972.
using Quarters = std::chrono::duration<std::int64_t, std::ratio<900>>;
constexpr Quarters kQuarter{1};

// What `ssmgate eval --at` takes.
constexpr Instant kFirst{std::chrono::sys_days(std::chrono::year(1678) / 1 / 1)};
constexpr Instant kLast{std::chrono::sys_days(std::chrono::year(2261) / 12 / 31)};

struct Range {
  Instant low = kFirst, high = kLast;  // low ≤ now < high
};

class Times {
 public:
  explicit Times(std::span<const Literal> literals) : literals_(literals) {
    for (const Literal& literal : literals) {
      if (const auto* before = std::get_if<BeforeAtom>(&literal.atom->question)) {
        if (literal.wanted) {
          range_.high = std::min(range_.high, before->end);
        } else {
          range_.low = std::max(range_.low, before->end);
        }
      } else if (const auto* hours = std::get_if<Hours>(&literal.atom->question)) {
        hours_.push_back(&literal);
        for (const minutes end : {hours->from, hours->to}) offsets_.push_back(end % kQuarter);
      }
    }
    std::sort(offsets_.begin(), offsets_.end());
    offsets_.erase(std::unique(offsets_.begin(), offsets_.end()), offsets_.end());
  }

  std::optional<Instant> find(Instant now) const {
    if (range_.low >= range_.high) return std::nullopt;
    const Instant near = std::clamp(now, range_.low, range_.high - Instant::duration(1));
    if (hours_.empty()) return near;
    if (const auto later = scan(near, std::min(range_.high, near + kHorizon))) return later;
    const Instant early = std::max(range_.low, near - kHorizon);
    if (const auto sooner = scan(early, near)) return sooner;
    // Without a beginning there are no first days to look at: in 1678 every zone went by the sun,
    // and two spellings of the same hours would differ there.
    if (early == range_.low || range_.low == kFirst) return std::nullopt;
    return scan(range_.low, std::min(range_.low + kHorizon, early));
  }

 private:
  // The first instant of [from, to) at which every literal about hours holds.
  std::optional<Instant> scan(Instant from, Instant to) const {
    if (from < to && fits(from)) return from;
    for (Instant quarter = std::chrono::floor<Quarters>(from); quarter < to; quarter += kQuarter) {
      for (const minutes offset : offsets_) {
        const Instant at = quarter + offset;
        if (from < at && at < to && fits(at)) return at;
      }
    }
    return std::nullopt;
  }

  bool fits(Instant at) const {
    return std::all_of(hours_.begin(), hours_.end(), [&](const Literal* literal) {
      return ssmgate::holds(std::get<Hours>(literal->atom->question), at) == literal->wanted;
    });
  }

  std::span<const Literal> literals_;
  std::vector<const Literal*> hours_;
  std::vector<minutes> offsets_;
  Range range_;
};

}  // namespace

Answer solve_time(std::span<const Literal> literals, Instant now, Model& model) {
  const auto found = Times(literals).find(now);
  if (!found) return Answer::none;
  model.now = *found;
  return Answer::found;
}

}  // namespace ssmgate::sets
