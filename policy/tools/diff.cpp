// Two policies, rule by rule and entry by entry: what the search of policy/sets finds, told in the
// words of the files.
#include "ssmgate/tools/diff.hpp"

#include <algorithm>
#include <set>

#include "request/operations.hpp"
#include "sets/comparison.hpp"
#include "sets/shapes.hpp"
#include "ssmgate/names/glob.hpp"
#include "tools/diff_reason.hpp"
#include "tools/rule_entries.hpp"

namespace ssmgate::tools {
namespace {

using sets::Answer;
using sets::Found;

// One direction: what `relays` relays and `other` does not.
class OneWay {
 public:
  OneWay(const Policy& relays, const Policy& other, Direction direction, Time now)
      : relays_(relays),
        other_(other),
        direction_(direction),
        now_(now),
        comparison_(relays.rules(), other.rules(), to_instant(now)) {}

  std::vector<Change> run() {
    add_report_mode();
    for (const Rule& rule : relays_.rules().allow) {
      Found found = comparison_.find_of_policy(rule);
      if (found.answer != Answer::none) add_rule(rule, found);
    }
    for (const std::string& glob : other_.rules().denied_operations) add_operation(glob);
    return std::move(changes_);
  }

 private:
  std::optional<DiffWitness> confirmed(const Found& found) const {
    if (found.answer != Answer::found) return std::nullopt;
    sets::Witness witness = sets::to_witness(found.model);
    const auto here = evaluate(relays_, witness.caller, witness.body, now_);
    const auto there = evaluate(other_, witness.caller, witness.body, now_);
    const bool differs = here && there && here->effect == Effect::relay &&
                         there->effect == Effect::refuse;
    if (!differs) return std::nullopt;
    return DiffWitness{std::move(witness.caller), std::move(witness.body)};
  }

  void add_report_mode() {
    const Found found = comparison_.find_in_report_mode();
    if (found.answer == Answer::none) return;
    Change change;
    change.kind = Change::Kind::report_mode;
    change.reason = "the whole policy " +
                    std::string(direction_ == Direction::granted ? "is" : "was") +
                    " in report mode until " + render_instant(*relays_.rules().report_until) +
                    " and relays what it refuses";
    change.witness = confirmed(found);
    changes_.push_back(std::move(change));
  }

  void add_rule(const Rule& rule, const Found& found) {
    Change change;
    change.rule = rule.id;
    change.where = rule.where;
    change.witness = confirmed(found);
    reasons_.clear();
    const Rule* same = find_rule(other_.rules().allow, rule.id);
    // What is found for a new entry beside entries that are not new is its doing alone.
    const Rule usual = same != nullptr ? cut_to_common(rule, *same) : rule;
    for (const RuleList& list : lists_of(rule)) add_entries(rule, usual, same, list, change);
    if (change.entries.empty()) note_reason(rule, found);
    change.reason = joined_reasons();
    changes_.push_back(std::move(change));
  }

  static const Rule* find_rule(const std::vector<Rule>& rules, const std::string& id) {
    const auto found =
        std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.id == id; });
    return found == rules.end() ? nullptr : &*found;
  }

  static std::set<std::string> texts_of(const Rule& rule, const std::string& key) {
    std::set<std::string> texts;
    for (const RuleList& list : lists_of(rule)) {
      if (list.key != key) continue;
      for (const RuleEntry& entry : list.entries) texts.insert(entry.text);
    }
    return texts;
  }

  // The entries of a list that contribute, where not all of them do.
  void add_entries(const Rule& rule, const Rule& usual, const Rule* same, const RuleList& list,
                   Change& change) {
    if (list.entries.size() < 2) return;
    std::vector<Contribution> contributing;
    for (const RuleEntry& entry : list.entries) {
      Rule cut = usual;
      entry.cut_down(cut);
      Found found = same != nullptr ? comparison_.find(cut) : Found{};
      if (found.answer != Answer::found) {
        cut = rule;
        entry.cut_down(cut);
        found = comparison_.find(cut);
      }
      if (found.answer != Answer::none) contributing.push_back({&entry, std::move(found)});
    }
    // All contribute, as when two lists have grown and each new entry lends something to the old
    // ones of the other: then the file tells which are new.
    if (contributing.size() == list.entries.size() && same != nullptr) {
      keep_added(texts_of(*same, list.key), contributing);
    }
    if (contributing.size() == list.entries.size()) return;
    for (const Contribution& one : contributing) {
      note_reason(rule, one.found);
      change.entries.push_back({list.key, one.entry->text, confirmed(one.found)});
    }
  }

  struct Contribution {
    const RuleEntry* entry;
    Found found;
  };

  static void keep_added(const std::set<std::string>& before,
                         std::vector<Contribution>& contributing) {
    std::vector<Contribution> added;
    for (const Contribution& one : contributing) {
      if (!before.contains(one.entry->text)) added.push_back(one);
    }
    if (!added.empty()) contributing = std::move(added);
  }

  void note_reason(const Rule& rule, const Found& found) {
    if (found.answer != Answer::found) return;
    std::string why =
        explain_change(rule, relays_.rules(), other_.rules(), found.model, direction_);
    if (std::find(reasons_.begin(), reasons_.end(), why) == reasons_.end()) {
      reasons_.push_back(std::move(why));
    }
  }

  std::string joined_reasons() const {
    std::string all;
    for (const std::string& why : reasons_) all.append(all.empty() ? "" : "; ").append(why);
    return all;
  }

  void add_operation(const std::string& glob) {
    const sets::Language denied = sets::language_of({glob});
    const sets::Language allowed = sets::language_of(relays_.rules().denied_operations);
    const auto passes = [&](std::string_view name) {
      const std::u32string word = sets::to_code_points(name);
      return name != "StartSession" && sets::matches(denied, word) && !sets::matches(allowed, word);
    };
    std::string found;
    const auto known = operations();
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
    change.reason = "`operations.deny` " +
                    std::string(direction_ == Direction::granted ? "no longer holds" : "now holds") +
                    " `" + glob + "`";
    changes_.push_back(std::move(change));
  }

  const Policy& relays_;
  const Policy& other_;
  Direction direction_;
  Time now_;
  sets::Comparison comparison_;
  std::vector<std::string> reasons_;  // of the rule that is being looked at
  std::vector<Change> changes_;
};

}  // namespace

Difference diff(const Policy& older, const Policy& newer, Time now) {
  return {OneWay(newer, older, Direction::granted, now).run(),
          OneWay(older, newer, Direction::revoked, now).run()};
}

}  // namespace ssmgate::tools
