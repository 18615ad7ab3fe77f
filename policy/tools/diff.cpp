// Two policies, rule by rule and entry by entry: what the search of policy/sets finds, told in the
// words of the files.
#include "ssmgate/tools/diff.hpp"

#include <algorithm>
#include <set>

#include "request/operations.hpp"
#include "sets/comparison.hpp"
#include "sets/shapes.hpp"
#include "ssmgate/names/glob.hpp"
#include "tools/diff_durations.hpp"
#include "tools/rule_entries.hpp"

namespace ssmgate::tools {
namespace {

using sets::Answer;
using sets::Found;

// LIMIT: pairs of rules of one comparison that are searched for a longer session, some ten
// microseconds each. Beyond that it cannot be told.
constexpr std::size_t kMaxPairs = 50'000;

// One direction: what `relays` relays and `other` does not.
class OneWay {
 public:
  OneWay(const Policy& relays, const Policy& other, Direction direction, Time now)
      : relays_(relays),
        other_(other),
        direction_(direction),
        now_(now),
        comparison_(relays.rules(), other.rules(), to_instant(now)),
        shorter_(relays.rules(), other.rules()) {}

  std::vector<Change> run() {
    add_report_mode();
    for (const Rule& rule : relays_.rules().allow) {
      add_rule(rule);
    }
    for (const std::string& glob : other_.rules().denied_operations) add_operation(glob);
    return std::move(changes_);
  }

 private:
  using Differs = bool (*)(const Finding& here, const Finding& there);

  std::optional<DiffWitness> confirmed(const Found& found, Differs differs = is_refused) const {
    if (found.answer != Answer::found) return std::nullopt;
    sets::Witness witness = sets::to_witness(found.model);
    const auto here = evaluate(relays_, witness.caller, witness.body, now_);
    const auto there = evaluate(other_, witness.caller, witness.body, now_);
    if (!here || !there || here->effect != Effect::relay) return std::nullopt;
    if (!differs(*here, *there)) return std::nullopt;
    return DiffWitness{std::move(witness.caller), std::move(witness.body)};
  }

  static bool is_refused(const Finding& /*here*/, const Finding& there) {
    return there.effect == Effect::refuse;
  }

  static bool is_shorter(const Finding& here, const Finding& there) {
    const auto& limit = there.max_duration;
    return there.effect == Effect::relay && limit &&
           (!here.max_duration || *limit < *here.max_duration);
  }

  void add_report_mode() {
    const Found found = comparison_.find_in_report_mode();
    if (found.answer == Answer::none) return;
    Change change;
    change.kind = Change::Kind::report_mode;
    change.as_a_whole = true;
    change.reason = "the whole policy " +
                    std::string(direction_ == Direction::granted ? "is" : "was") +
                    " in report mode until " + render_instant(*relays_.rules().report_until) +
                    " and relays what it refuses";
    change.witness = confirmed(found);
    changes_.push_back(std::move(change));
  }

  void add_rule(const Rule& rule) {
    Change change;
    change.rule = rule.id;
    change.where = rule.where;
    reasons_.clear();
    const Found unallowed = comparison_.find_unallowed(rule);
    if (unallowed.answer != Answer::none) add_unallowed(rule, unallowed, change);
    for (const Rule* deny : comparison_.own_denies()) add_denied(rule, *deny, change);
    add_longer(rule, change);
    if (!change.as_a_whole && change.entries.empty()) return;
    for (const std::string& why : reasons_) {
      change.reason.append(change.reason.empty() ? "" : "; ").append(why);
    }
    changes_.push_back(std::move(change));
  }

  // Entry by entry where that says more than the rule as a whole.
  void add_unallowed(const Rule& rule, const Found& found, Change& change) {
    change.witness = confirmed(found);
    const Rule* same = find_rule(other_.rules().allow, rule.id);
    for (const RuleList& list : lists_of(rule)) add_entries(rule, same, list, change);
    change.as_a_whole = change.entries.empty();
    if (change.as_a_whole) note_unallowed(rule, found);
  }

  void add_denied(const Rule& rule, const Rule& deny, Change& change) {
    const Found found = comparison_.find_denied(rule, deny);
    if (found.answer == Answer::none) return;
    if (found.answer == Answer::found) {
      note(explain_denied(deny, relays_.rules(), found.model, direction_));
    }
    change.entries.push_back({"deny", deny.id, confirmed(found)});
    if (!change.witness) change.witness = change.entries.back().witness;
  }

  // What the other policy relays as well, for a shorter time. A rule that has been told of is asked
  // beside its namesake alone.
  void add_longer(const Rule& rule, Change& change) {
    const bool told = change.as_a_whole || !change.entries.empty();
    const Rule* unknown = nullptr;
    for (const Rule* other : shorter_.find(rule)) {
      if (told && other->id != rule.id) break;
      Found found;
      found.answer = Answer::unknown;
      if (pairs_ < kMaxPairs) found = comparison_.find_decided(rule, *other);
      ++pairs_;
      if (found.answer == Answer::none) continue;
      unknown = other;
      if (found.answer != Answer::found) continue;
      note_longer(rule, *other, confirmed(found, is_shorter), change);
      return;
    }
    if (unknown != nullptr) note_longer(rule, *unknown, std::nullopt, change);
  }

  void note_longer(const Rule& rule, const Rule& other, std::optional<DiffWitness> witness,
                   Change& change) {
    note(explain_longer(rule, other, direction_));
    if (!change.witness && !change.as_a_whole) change.witness = witness;
    change.entries.push_back({"max_duration", duration_text(rule), std::move(witness)});
  }

  static const Rule* find_rule(const std::vector<Rule>& rules, const std::string& id) {
    const auto found =
        std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.id == id; });
    return found == rules.end() ? nullptr : &*found;
  }

  static std::set<std::string> texts_of(const Rule* rule, const std::string& key) {
    std::set<std::string> texts;
    if (rule == nullptr) return texts;
    for (const RuleList& list : lists_of(*rule)) {
      if (list.key != key) continue;
      for (const RuleEntry& entry : list.entries) texts.insert(entry.text);
    }
    return texts;
  }

  struct Contribution {
    const RuleEntry* entry;
    Found found;
  };

  // The entries that contribute by themselves: beside the other policy's rule of this id, of which
  // all holds but this list.
  std::vector<Contribution> find_alone(const Rule& rule, const Rule& same, const RuleList& list,
                                       const std::set<std::string>& before) {
    const bool same_default = relays_.rules().default_document == other_.rules().default_document;
    std::vector<Contribution> alone;
    const Rule beside = without(same, list.key);
    bool certain = false;
    for (const RuleEntry& entry : list.entries) {
      // What the rule beside says as well, it matches.
      if (same_default && before.contains(entry.text)) continue;
      Rule cut = rule;
      entry.cut_down(cut);
      Found found = comparison_.find_unallowed(cut, &beside);
      certain = certain || found.answer == Answer::found;
      if (found.answer != Answer::none) alone.push_back({&entry, std::move(found)});
    }
    if (!certain) alone.clear();
    return alone;
  }

  // Those that contribute at all, where not all of them do; or those that the file tells are new,
  // as when two lists have grown and each new entry lends something to the old ones of the other.
  std::vector<Contribution> find_together(const Rule& rule, const RuleList& list,
                                          const std::set<std::string>& before) {
    std::vector<Contribution> contributing;
    if (list.entries.size() < 2) return contributing;
    for (const RuleEntry& entry : list.entries) {
      Rule cut = rule;
      entry.cut_down(cut);
      Found found = comparison_.find_unallowed(cut);
      if (found.answer != Answer::none) contributing.push_back({&entry, std::move(found)});
    }
    if (contributing.size() < list.entries.size()) return contributing;
    std::erase_if(contributing, [&](const Contribution& one) {
      return before.empty() || before.contains(one.entry->text);
    });
    return contributing;
  }

  void add_entries(const Rule& rule, const Rule* same, const RuleList& list, Change& change) {
    if (list.entries.empty()) return;
    std::vector<Contribution> contributing;
    const std::set<std::string> before = texts_of(same, list.key);
    if (same != nullptr) contributing = find_alone(rule, *same, list, before);
    if (contributing.empty()) contributing = find_together(rule, list, before);
    for (const Contribution& one : contributing) {
      note_unallowed(rule, one.found);
      change.entries.push_back({list.key, one.entry->text, confirmed(one.found)});
    }
  }

  void note_unallowed(const Rule& rule, const Found& found) {
    if (found.answer != Answer::found) return;
    note(explain_unallowed(rule, other_.rules(), found.model, direction_));
  }

  void note(std::string why) {
    if (std::find(reasons_.begin(), reasons_.end(), why) == reasons_.end()) {
      reasons_.push_back(std::move(why));
    }
  }

  void add_operation(const std::string& glob) {
    const sets::Language denied = sets::language_of({glob});
    const sets::Language allowed = sets::language_of(relays_.rules().denied_operations);
    const auto passes = [&](std::string_view name) {
      const std::u32string word = sets::to_code_points(name);
      return name != "StartSession" && sets::matches(denied, word) && !sets::matches(allowed, word);
    };
    std::string found;
    const auto known = known_operations();
    const auto match = std::find_if(known.begin(), known.end(), passes);
    if (match != known.end()) {
      found = *match;
    } else {
      sets::Language session;
      session.texts.push_back(U"StartSession");
      sets::WordAnswer answer =
          sets::find_word({{&sets::operation_shape(), &denied}, {&allowed, &session}, 128});
      if (answer.answer == Answer::none) return;
      found = std::move(answer.word);
    }
    Change change;
    change.kind = Change::Kind::operation;
    change.rule = std::move(found);
    change.reason =
        "`operations.deny` " +
        std::string(direction_ == Direction::granted ? "no longer holds" : "now holds") + " `" +
        glob + "`";
    changes_.push_back(std::move(change));
  }

  const Policy& relays_;
  const Policy& other_;
  Direction direction_;
  Time now_;
  sets::Comparison comparison_;
  const ShorterRules shorter_;
  std::size_t pairs_ = 0;             // searched for a longer session
  std::vector<std::string> reasons_;  // of the rule that is being looked at
  std::vector<Change> changes_;
};

}  // namespace

Difference diff(const Policy& older, const Policy& newer, Time now) {
  return {OneWay(newer, older, Direction::granted, now).run(),
          OneWay(older, newer, Direction::revoked, now).run()};
}

}  // namespace ssmgate::tools
