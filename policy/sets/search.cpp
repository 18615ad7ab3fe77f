#include "sets/search.hpp"

#include <algorithm>
#include <map>

namespace ssmgate::sets {
namespace {

// LIMIT: of one search. Each step is a proposal that was judged; rules that differ in a few entries
// need a handful.
constexpr std::size_t kMaxSearchSteps = 4000;

Literal turned(const Literal& literal) {
  return {literal.atom, !literal.wanted};
}

// What is asked for so far, and a request that fits all of it.
class State {
 public:
  State(const Surroundings& surroundings, Solver& solver)
      : surroundings_(&surroundings), solver_(&solver) {}

  // Values for dimensions of which nothing is asked.
  Answer begin() {
    model_.now = surroundings_->now;
    const DocumentClass& document = surroundings_->document;
    if (document.kind == DocumentClass::Kind::named && !document.absent) {
      model_.name = document.name;
    }
    const bool by_arn = document.kind == DocumentClass::Kind::account_arn;
    for (const Dimension dimension :
         {Dimension::target, Dimension::region, Dimension::name, Dimension::document_account}) {
      if (dimension == Dimension::document_account && !by_arn) continue;
      const Answer answer = solver_->solve(dimension, {}, {}, *surroundings_, model_);
      if (answer != Answer::found) return answer;
    }
    return Answer::found;
  }

  Answer add(const Literal& literal) {
    Literals& asked = asked_[{literal.atom->dimension, literal.atom->parameter}];
    if (has(asked, literal)) return Answer::found;
    if (has(asked, turned(literal))) return Answer::none;
    asked.push_back(literal);
    if (holds(*literal.atom, model_) == literal.wanted) return Answer::found;
    return solver_->solve(literal.atom->dimension, literal.atom->parameter, asked, *surroundings_,
                          model_);
  }

  [[nodiscard]] bool implies(const Literal& literal) const {
    const auto asked = asked_.find({literal.atom->dimension, literal.atom->parameter});
    return asked != asked_.end() && has(asked->second, literal);
  }

  [[nodiscard]] const Model& model() const noexcept { return model_; }

 private:
  static bool has(const Literals& literals, const Literal& literal) {
    return std::find(literals.begin(), literals.end(), literal) != literals.end();
  }

  const Surroundings* surroundings_;
  Solver* solver_;
  std::map<std::pair<Dimension, std::string>, Literals> asked_;
  Model model_;
};

class Searcher {
 public:
  Searcher(const Surroundings& surroundings, const FindConflicts& conflicts, Shared& shared)
      : surroundings_(surroundings), conflicts_(conflicts), shared_(shared) {}

  Found run(const Literals& wanted) {
    State state(surroundings_, shared_.solver);
    Answer answer = state.begin();
    for (const Literal& literal : wanted) {
      if (answer == Answer::found) answer = state.add(literal);
    }
    if (answer == Answer::found) answer = explore(std::move(state));
    if (answer == Answer::none && unknown_) answer = Answer::unknown;
    Found found{answer, std::move(model_), {}};
    if (answer == Answer::none) found.reason.assign(reason_.begin(), reason_.end());
    return found;
  }

 private:
  struct Choice {
    const Rule* rule = nullptr;
    Literals open;  // of the rule's conjunction that holds, what may still be turned round
  };

  // `none` also where a part was unknown: `unknown_` remembers.
  Answer explore(State state) {
    while (true) {
      if (++steps_ > kMaxSearchSteps || !shared_.budget.spend()) return give_up();
      const auto conflicts = conflicts_(state.model());
      if (!conflicts) return give_up();
      if (conflicts->empty()) {
        model_ = state.model();
        return Answer::found;
      }
      const auto choice = choose(state, *conflicts);
      if (!choice) return give_up();
      reason_.insert(choice->rule);
      const Answer answer = turn(state, choice->open);
      if (answer != Answer::unknown) return answer;
    }
  }

  Answer give_up() {
    unknown_ = true;
    return Answer::none;
  }

  // The conflict that leaves the fewest literals to turn.
  std::optional<Choice> choose(const State& state, const std::vector<Conflict>& conflicts) {
    std::optional<Choice> best;
    for (const Conflict& conflict : conflicts) {
      const auto products =
          products_of(*conflict.rule, *conflict.view, surroundings_.parameters, shared_.atoms);
      for (const Literals& product : products) {
        const bool matches = std::all_of(product.begin(), product.end(), [&](const Literal& l) {
          return holds(*l.atom, state.model()) == l.wanted;
        });
        if (!matches) continue;
        Literals open;
        std::copy_if(product.begin(), product.end(), std::back_inserter(open),
                     [&](const Literal& literal) { return !state.implies(literal); });
        if (best && best->open.size() <= open.size()) continue;
        best = Choice{conflict.rule, std::move(open)};
        if (best->open.empty()) return best;
      }
    }
    return best;
  }

  // Branch i turns literal i and keeps those before it, so that no two branches overlap. `unknown`
  // says here: `state` has the last literal turned, go on with it.
  Answer turn(State& state, const Literals& open) {
    for (std::size_t i = 0; i < open.size(); ++i) {
      State branch = state;
      const Answer answer = branch.add(turned(open[i]));
      const bool last = i + 1 == open.size();
      if (answer == Answer::unknown) unknown_ = true;
      if (answer == Answer::found && last) {
        state = std::move(branch);
        return Answer::unknown;
      }
      if (answer == Answer::found && explore(std::move(branch)) == Answer::found) {
        return Answer::found;
      }
      if (steps_ > kMaxSearchSteps) return Answer::none;
      if (!last) (void)state.add(open[i]);
    }
    return Answer::none;
  }

  const Surroundings& surroundings_;
  const FindConflicts& conflicts_;
  Shared& shared_;
  std::size_t steps_ = 0;
  bool unknown_ = false;
  Model model_;
  std::set<const Rule*> reason_;
};

}  // namespace

Found search(const Literals& wanted, const Surroundings& surroundings,
             const FindConflicts& conflicts, Shared& shared) {
  return Searcher(surroundings, conflicts, shared).run(wanted);
}

}  // namespace ssmgate::sets
