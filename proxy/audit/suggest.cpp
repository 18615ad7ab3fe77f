#include "audit/suggest.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "audit/suggested_rule.hpp"
#include "ssmgate/names/document.hpp"
#include "ssmgate/text/diagnostic.hpp"
#include "ssmgate/tools/render_yaml.hpp"

namespace ssmgate::audit {
namespace {

// LIMIT: what is kept to recognise a record that says what an earlier one said.
constexpr std::size_t kMaxKnown = 20'000;
constexpr std::size_t kMaxKnownSize = 4'096;
// LIMIT: different reasons why there is no rule, of which a deny rule's id makes the most.
constexpr std::size_t kMaxReasons = 100;
// LIMIT: of a YAML file: a longer line of a comment says less, not more.
constexpr std::size_t kMaxText = std::size_t{3} * 1024 * 1024;

// Everything in a record that a rule could turn on.
std::string identity_of(const RecordView& record) {
  std::string key;
  for (const Field field : {Field::code, Field::rule, Field::user, Field::auth, Field::client,
                            Field::access_key, Field::account, Field::region, Field::document,
                            Field::target, Field::host, Field::port, Field::parameters}) {
    key.append(record.raw(field)).append("\n");
  }
  return key;
}

std::string times(std::uint64_t count) {
  return count == 1 ? "once" : std::to_string(count) + " times";
}

std::string requests(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " request" : " requests");
}

// "a, b, c and others"
std::string enumerate(const std::vector<std::string>& texts, bool in_quotes) {
  constexpr std::size_t kMost = 3;
  std::string out;
  for (std::size_t i = 0; i < std::min(texts.size(), kMost); ++i) {
    if (i > 0) out += ", ";
    out += in_quotes ? in_backticks(texts[i]) : escape_invisible(texts[i]);
  }
  return texts.size() > kMost ? out + " and others" : out;
}

std::string indented(std::string_view text, std::size_t indent) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n') + 1;
    out.append(indent, ' ').append(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

std::string comment_of(const SuggestedRule& rule) {
  const Tally& tally = rule.tally;
  std::string out = "  # " + times(tally.count);
  out += tally.count == 1 ? ", " : ", last ";
  out += escape_invisible(tally.last) + ", by ";
  if (!rule.shape.user.empty()) out += in_backticks(rule.shape.user) + " from ";
  out += enumerate(tally.clients, false);
  if (!tally.keys.empty()) out += " with " + enumerate(tally.keys, false);
  out += '\n';
  if (!tally.reasons.empty()) out += "  # reasons given: " + enumerate(tally.reasons, true) + '\n';
  return out;
}

class UniqueIds {
 public:
  std::string make(const std::string& wanted) {
    std::string id = wanted;
    for (int number = 2; !used_.insert(id).second; ++number) {
      id = wanted + "-" + std::to_string(number);
    }
    return id;
  }

 private:
  std::set<std::string> used_;
};

std::string rule_text(const SuggestedRule& rule, const std::string& id) {
  TreeNode list;
  list.kind = TreeNode::Kind::sequence;
  list.items.push_back(tree_of(rule, id));
  return indented(tools::render_yaml(list), 2);
}

std::string head_of(const AskedOptions& options) {
  std::string out = "version: 1\n";
  if (options.default_document != AskedOptions().default_document) {
    TreeNode value;
    value.kind = TreeNode::Kind::string;
    value.scalar = options.default_document;
    out += "default_document: " + tools::render_yaml(value);
  }
  return out;
}

bool allows(const Policy& policy, const AskedRequest& asked,
            std::chrono::system_clock::time_point now) {
  Caller caller = asked.caller;
  caller.now = now;
  return finding(decide(policy, caller, asked.request)).decision == Decision::allow;
}

}  // namespace

struct Suggester::State {
  struct Entry {
    AskedRequest request;
    Tally tally;
  };
  struct LeftOut {
    std::uint64_t count = 0;
    std::string last;
  };

  explicit State(SuggestOptions chosen) : options(std::move(chosen)) {}

  SuggestOptions options;
  std::map<Asked, Entry> entries;
  std::map<std::string, LeftOut> left_out;
  // By identity_of: where a record with this identity was counted.
  struct Known {
    Tally* tally = nullptr;       // INVARIANT: a map's values stay where they are
    LeftOut* left_out = nullptr;  // one of the two
  };
  std::unordered_map<std::string, Known> known;
  LeftOut malformed;

  void count(const RecordView& record, const Known& where) const {
    const std::string time = record.text(Field::time);
    if (where.left_out != nullptr) {
      ++where.left_out->count;
      where.left_out->last = std::max(where.left_out->last, time);
      return;
    }
    Tally one;
    one.count = 1;
    one.first = one.last = time;
    note(one.clients, record.text(Field::client));
    note(one.keys, record.text(Field::access_key));
    note(one.reasons, record.text(Field::session_reason));
    where.tally->add(one);
  }

  Known leave_out(std::string why) {
    if (left_out.size() >= kMaxReasons && !left_out.contains(why)) why = "other reasons";
    return Known{nullptr, &left_out[std::move(why)]};
  }

  Known place(const RecordView& record) {
    if (record.text(Field::code) == "explicit-deny" && !options.denied) {
      return leave_out("the deny rule " + in_backticks(record.text(Field::rule)) +
                       " refused them, and no allow rule overrules it (--denied suggests them)");
    }
    auto read = read_asked(record, options.asked);
    if (auto* none = std::get_if<NotSuggested>(&read)) return leave_out(std::move(none->why));
    auto& request = std::get<AskedRequest>(read);
    const auto found = entries.find(request.asked);
    if (found != entries.end()) return Known{&found->second.tally, nullptr};
    if (entries.size() >= kMaxSuggested) {
      return leave_out("more than " + std::to_string(kMaxSuggested) +
                       " different ones; ask for fewer with --since, --user or --host");
    }
    const Asked asked = request.asked;
    const auto [fresh, inserted] = entries.try_emplace(asked, Entry{std::move(request), {}});
    return Known{&fresh->second.tally, nullptr};
  }

  // Those that no rule allows exactly, or that need none by now.
  void sift(std::chrono::system_clock::time_point now) {
    for (auto at = entries.begin(); at != entries.end();) {
      std::string why = find_why_not(at->second, now);
      if (why.empty()) {
        ++at;
        continue;
      }
      LeftOut& to = *leave_out(std::move(why)).left_out;
      to.count += at->second.tally.count;
      to.last = std::max(to.last, at->second.tally.last);
      at = entries.erase(at);
    }
  }

  [[nodiscard]] std::string find_why_not(const Entry& entry,
                                         std::chrono::system_clock::time_point now) const {
    if (options.in_force && allows(*options.in_force, entry.request, now)) {
      return "the policy allows them by now";
    }
    const SuggestedRule alone(entry.request.asked, entry.tally);
    const LoadedPolicy loaded =
        load_policy(head_of(options.asked) + "allow:\n" + rule_text(alone, "rule"));
    if (loaded.policy && allows(*loaded.policy, entry.request, now)) return {};
    return "the policy language has no rule for exactly them";
  }

  [[nodiscard]] std::string left_out_text() const {
    if (left_out.empty()) return {};
    std::string out = "# Not suggested:\n";
    for (const auto& [why, what] : left_out) {
      out += "#   " + requests(what.count) + ", last " + escape_invisible(what.last) + ": " + why +
             '\n';
    }
    return out;
  }
};

Suggester::Suggester(SuggestOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
Suggester::~Suggester() = default;

void Suggester::take(const RecordView& record) {
  State& state = *state_;
  const bool about = record.raw(Field::event) == "\"decision\"" &&
                     record.raw(Field::operation) == "\"StartSession\"";
  if (!about) return;
  if (record.raw(Field::decision) == "\"malformed\"") {
    return state.count(record, State::Known{nullptr, &state.malformed});
  }
  const std::string_view code = record.raw(Field::code);
  const bool by_rule = code == "\"no-rule\"" || code == "\"explicit-deny\"";
  if (record.raw(Field::decision) != "\"deny\"" || !by_rule) return;
  std::string identity = identity_of(record);
  const auto known = state.known.find(identity);
  if (known != state.known.end()) return state.count(record, known->second);
  const State::Known where = state.place(record);
  state.count(record, where);
  if (state.known.size() < kMaxKnown && identity.size() <= kMaxKnownSize) {
    state.known.emplace(std::move(identity), where);
  }
}

Suggestion Suggester::finish(std::chrono::system_clock::time_point now) {
  State& state = *state_;
  state.known.clear();
  state.sift(now);
  Suggestion made;
  std::vector<SuggestedRule> rules;
  for (const auto& [asked, entry] : state.entries) {
    rules.emplace_back(asked, entry.tally);
    made.requests += entry.tally.count;
  }
  for (const auto& [why, what] : state.left_out) made.left_out += what.count;
  if (state.malformed.count > 0) {
    state.left_out["they are malformed, and refused whatever the rules say"] = state.malformed;
  }
  rules = join_rules(std::move(rules));
  made.rules = rules.size();

  std::string& text = made.policy;
  text = "# Suggested by `ssmgate audit suggest` from " + requests(made.requests) +
         (made.requests == 1 ? " that was" : " that were") +
         " refused.\n"
         "# READ IT before you use it: each rule lets through what the policy refused, and some of "
         "it\n"
         "# was refused for good reason. Take out what nobody should have; what is left belongs "
         "under\n"
         "# `allow` of your policy.\n" +
         state.left_out_text() + "\n" + head_of(state.options.asked);
  text += rules.empty() ? "allow: []\n" : "allow:\n";
  UniqueIds ids;
  const SuggestedRule* before = nullptr;
  for (const SuggestedRule& rule : rules) {
    if (before != nullptr) text += '\n';
    text += comment_of(rule);
    text += rule_text(rule, ids.make(id_of(rule)));
    before = &rule;
    if (text.size() > kMaxText) break;
  }
  const LoadedPolicy loaded = load_policy(text);
  const bool good = loaded.policy &&
                    std::all_of(state.entries.begin(), state.entries.end(), [&](const auto& entry) {
                      return allows(*loaded.policy, entry.second.request, now);
                    });
  if (good) return made;
  made.policy.clear();
  made.fault = text.size() > kMaxText || !loaded.policy
                   ? "the rules would be more than a policy may hold; ask for fewer with --since, "
                     "--user or --host"
                   : "the rules do not allow what they should; please report this";
  return made;
}

}  // namespace ssmgate::audit
