// One pass: the first place where a line does not continue the one before is kept, and what follows
// is watched for the few hashes that tell a changed record from a removed, inserted or moved one.
//
//   … P, A | B, C, …        B does not continue A
//   a later line names A    what stands between was inserted, or moved here from elsewhere
//   A later line is what B names, or names the last of those between: moved
//   B's number leaves a gap: removed; else A was changed, for P's line and A's own still agree
#include "audit/verify.hpp"

#include "state/audit_chain.hpp"

namespace ssmgate::audit {
namespace {

struct Link {
  Place place;
  std::string hash;  // of the line
  std::string prev;  // that it names; empty: none
  bool record = false;

  [[nodiscard]] bool continues(const Link& before) const {
    return record && prev == before.hash && place.seq == before.place.seq + 1;
  }
};

std::string number(const Link& link) {
  return link.record ? "record " + std::to_string(link.place.seq) : std::string("a line");
}

std::string range(std::uint64_t first, std::uint64_t last) {
  if (first == last) return "record " + std::to_string(first) + " is";
  return "records " + std::to_string(first) + " to " + std::to_string(last) + " are";
}

// A record begins with its time; in OCSF it does not, and the line's number has to do.
std::string time_in(std::string_view line) {
  constexpr std::string_view kBegin = "{\"time\":\"";
  if (!line.starts_with(kBegin)) return {};
  line.remove_prefix(kBegin.size());
  return std::string(line.substr(0, line.find('"')));
}

// What is known of the first break.
struct Break {
  Link before, behind;            // A and B
  Link last_between;              // the line before `successor`, until there is one the last so far
  std::optional<Link> successor;  // the line that names A
  bool awaited = false;           // what B continues, or what continues those between, stands below
  bool twice = false;             // so does another record with B's number
  std::string before_all;         // the hash that the very first record names; empty: none
  bool wrong_way = false;         // the record with that hash stands below, too

  [[nodiscard]] bool moved() const { return awaited && !twice; }

  // Each line from B on.
  void watch(const Link& link) {
    wrong_way = wrong_way || (!before_all.empty() && link.hash == before_all);
    if (link.place.file == behind.place.file && link.place.line == behind.place.line) return;
    twice = twice || (link.record && link.place.seq == behind.place.seq);
    awaited = awaited || (!behind.prev.empty() && link.hash == behind.prev);
    if (successor) {
      awaited = awaited || link.prev == last_between.hash;
    } else if (link.record && link.prev == before.hash && link.place.seq == before.place.seq + 1) {
      successor = link;
    } else {
      last_between = link;
    }
  }

  [[nodiscard]] ChainFault judge() const {
    const std::uint64_t a = before.place.seq;
    const std::uint64_t b = behind.place.seq;
    if (wrong_way && behind.place.file != before.place.file) {
      return {Damage::moved, behind.place,
              number(behind) + " follows record " + std::to_string(a) + "; name older files first"};
    }
    if (successor && moved()) {
      return {Damage::moved, behind.place,
              number(behind) + " stands before record " + std::to_string(successor->place.seq) +
                  ", which was written first"};
    }
    if (successor) {
      return {Damage::inserted, behind.place,
              number(behind) + " was inserted: record " + std::to_string(successor->place.seq) +
                  ", further down, continues record " + std::to_string(a) + ", above it"};
    }
    if (!behind.record) {
      return {Damage::changed, behind.place, "this is no audit record (any more)"};
    }
    if (behind.prev == before.hash) {
      return {
          Damage::changed, behind.place,
          "its number is " + std::to_string(b) + ", but it continues record " + std::to_string(a)};
    }
    if (moved()) {
      return {Damage::moved, behind.place,
              number(behind) + " stands before the one that it continues"};
    }
    if (behind.prev.empty() && b == 1) {
      return {Damage::new_chain, behind.place,
              "a new chain begins here, which does not continue record " + std::to_string(a) +
                  ": what stood between may be missing"};
    }
    if (b > a + 1) {
      return {
          Damage::removed, behind.place,
          range(a + 1, b - 1) + " missing between record " + std::to_string(a) + " and this one"};
    }
    if (b <= a) {
      return {
          Damage::inserted, behind.place,
          number(behind) + " follows record " + std::to_string(a) + ", which it does not continue"};
    }
    return {Damage::changed, before.place,
            number(before) + " was changed: record " + std::to_string(b) +
                ", behind it, names the hash of another"};
  }
};

}  // namespace

std::string_view name(Damage damage) noexcept {
  switch (damage) {
    case Damage::changed: return "changed";
    case Damage::removed: return "removed";
    case Damage::inserted: return "inserted";
    case Damage::moved: return "reordered";
    case Damage::new_chain: return "new-chain";
    case Damage::reported: return "reported";
  }
  return "changed";
}

struct Verifier::State {
  std::size_t files = 0;
  std::optional<Link> last;
  std::string first_prev;
  std::optional<ChainFault> bad_start;
  std::optional<Break> first_break;
  ChainReport report;

  [[nodiscard]] Link read(const Line& line) const {
    Link link;
    link.place.file = files == 0 ? 0 : files - 1;
    link.place.line = line.number;
    link.hash = state::sha256_hex(line.text);
    const auto found = line.too_long ? std::nullopt : state::find_link(line.text);
    if (!found) return link;
    link.record = true;
    link.place.seq = found->seq;
    link.place.time = time_in(line.text);
    link.prev = found->prev;
    return link;
  }

  void begin(const Link& link) {
    report.starts_midway = !link.prev.empty();
    if (!link.record) {
      bad_start = ChainFault{Damage::changed, link.place, "this is no audit record (any more)"};
    } else if (link.prev.empty() && link.place.seq != 1) {
      bad_start = ChainFault{Damage::changed, link.place,
                             "it names no record before it, but its number is " +
                                 std::to_string(link.place.seq) + " and not 1"};
    } else if (!link.prev.empty() && link.place.seq == 1) {
      bad_start = ChainFault{Damage::changed, link.place,
                             "its number is 1, but it names a record before it"};
    }
    if (bad_start) ++report.breaks;
  }
};

Verifier::Verifier() : state_(std::make_unique<State>()) {}
Verifier::~Verifier() = default;

void Verifier::begin_file() {
  ++state_->files;
}

void Verifier::take(const Line& line) {
  State& state = *state_;
  if (!line.ended) {
    Place place{state.files == 0 ? 0 : state.files - 1, line.number, 0, {}};
    if (state.last) place.seq = state.last->place.seq;
    state.report.torn.push_back(std::move(place));
    return;
  }
  Link link = state.read(line);
  if (link.record) {
    ++state.report.records;
    if (!state.report.first) state.report.first = link.place;
    state.report.last = link.place;
  }
  if (!state.last) {
    state.first_prev = link.prev;
    state.begin(link);
  } else if (!link.continues(*state.last)) {
    ++state.report.breaks;
    if (!state.first_break) {
      state.first_break.emplace();
      state.first_break->before = *state.last;
      state.first_break->behind = link;
      state.first_break->last_between = link;
      state.first_break->before_all = state.first_prev;
    }
  }
  if (state.first_break) state.first_break->watch(link);
  state.last = std::move(link);
}

ChainReport Verifier::finish() {
  State& state = *state_;
  if (state.bad_start) {
    state.report.fault = std::move(state.bad_start);
  } else if (state.first_break) {
    state.report.fault = state.first_break->judge();
  }
  return std::move(state.report);
}

}  // namespace ssmgate::audit
