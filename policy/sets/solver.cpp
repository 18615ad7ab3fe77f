// Which solver a dimension has, and the answers that are known already.
#include <algorithm>

#include "sets/solve.hpp"

namespace ssmgate::sets {
namespace {

// LIMIT: answers that are kept, a few hundred bytes each; then the memory begins anew.
constexpr std::size_t kMaxKnown = 20'000;

// The values of one dimension, out of one model into another.
void copy_values(Dimension dimension, const std::string& parameter, const Model& from, Model& to) {
  switch (dimension) {
    case Dimension::principal:
      to.user = from.user;
      to.unix_user = from.unix_user;
      to.unix_groups = from.unix_groups;
      return;
    case Dimension::client: to.client = from.client; return;
    case Dimension::credential:
      to.account = from.account;
      to.access_key = from.access_key;
      return;
    case Dimension::region: to.region = from.region; return;
    case Dimension::target: to.target = from.target; return;
    case Dimension::name: to.name = from.name; return;
    case Dimension::document_account: to.document_account = from.document_account; return;
    case Dimension::reason: to.reason = from.reason; return;
    case Dimension::time: to.now = from.now; return;
    case Dimension::parameter: {
      const auto found = from.parameters.find(parameter);
      if (found == from.parameters.end()) {
        to.parameters.erase(parameter);
      } else {
        to.parameters[parameter] = found->second;
      }
      return;
    }
  }
}

}  // namespace

Answer Solver::solve(Dimension dimension, const std::string& parameter, const Literals& literals,
                     const Surroundings& surroundings, Model& model) {
  const DocumentClass& document = surroundings.document;
  // The one name of the class is no question.
  if (dimension == Dimension::name && document.kind == DocumentClass::Kind::named) {
    return Answer::found;
  }
  Question question{dimension, document.kind, parameter, {}};
  for (const Literal& literal : literals) {
    question.literals.emplace_back(literal.atom, literal.wanted);
  }
  std::sort(question.literals.begin(), question.literals.end());
  const auto found = known_.find(question);
  if (found != known_.end()) {
    if (found->second.answer == Answer::found) {
      copy_values(dimension, parameter, found->second.model, model);
    }
    return found->second.answer;
  }
  if (known_.size() >= kMaxKnown) known_.clear();
  Reply reply{Answer::none, {}};
  reply.answer = sets::solve(dimension, parameter, literals, surroundings, reply.model);
  if (reply.answer == Answer::found) copy_values(dimension, parameter, reply.model, model);
  return known_.emplace(std::move(question), std::move(reply)).first->second.answer;
}

Answer solve(Dimension dimension, std::string_view parameter, std::span<const Literal> literals,
             const Surroundings& surroundings, Model& model) {
  switch (dimension) {
    case Dimension::principal: return solve_principal(literals, model);
    case Dimension::client: return solve_client(literals, model);
    case Dimension::credential: return solve_credential(literals, model);
    case Dimension::region: return solve_region(literals, model);
    case Dimension::target: return solve_target(literals, model);
    case Dimension::name: return solve_name(literals, surroundings.document, model);
    case Dimension::document_account: return solve_document_account(literals, model);
    case Dimension::parameter: return solve_parameter(parameter, literals, model);
    case Dimension::reason: return solve_reason(literals, model);
    case Dimension::time: return solve_time(literals, surroundings.now, model);
  }
  return Answer::unknown;
}

}  // namespace ssmgate::sets
