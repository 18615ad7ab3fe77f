// Who asks: an authenticated user, a local user with groups, both, or nobody that is known.
#include <algorithm>

#include "sets/solve.hpp"

namespace ssmgate::sets {
namespace {

// LIMIT: pairs of a user and a local user that are tried; more than two large lists would need.
constexpr std::size_t kMaxPairs = 200000;

using Name = std::optional<std::string>;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Principals {
 public:
  explicit Principals(std::span<const Literal> literals) {
    for (const Literal& literal : literals) {
      const auto& users = std::get<UsersCriterion>(literal.atom->question);
      (literal.wanted ? wanted_ : unwanted_).push_back(&users);
    }
    for (const UsersCriterion* users : wanted_) {
      append(users->names, users_, &UsersCriterion::names);
      append(users->unix_users, unix_users_, &UsersCriterion::unix_users);
      groups_.insert(groups_.end(), users->unix_groups.begin(), users->unix_groups.end());
    }
    groups_.erase(std::remove_if(groups_.begin(), groups_.end(),
                                 [&](const std::string& group) {
                                   return std::any_of(unwanted_.begin(), unwanted_.end(),
                                                      [&](const auto* u) {
                                                        return contains(u->unix_groups, group);
                                                      });
                                 }),
                  groups_.end());
    // Someone whom no rule mentions: enough for `any`, and for a local user with a group.
    users_.push_back(stranger());
    unix_users_.push_back(stranger());
  }

  Answer solve(Model& model) {
    if (attempt(std::nullopt, std::nullopt, model)) return Answer::found;
    for (const auto& user : users_) {
      if (attempt(user, std::nullopt, model)) return Answer::found;
    }
    for (const auto& user : unix_users_) {
      if (attempt(std::nullopt, user, model)) return Answer::found;
    }
    std::size_t pairs = 0;
    for (const auto& user : users_) {
      for (const auto& unix_user : unix_users_) {
        if (++pairs > kMaxPairs) return Answer::unknown;
        if (attempt(user, unix_user, model)) return Answer::found;
      }
    }
    return Answer::none;
  }

 private:
  // Names that some list wants and none forbids, each once.
  void append(const std::vector<std::string>& names, std::vector<std::string>& out,
              std::vector<std::string> UsersCriterion::*list) const {
    for (const std::string& name : names) {
      const bool forbidden = std::any_of(
          unwanted_.begin(), unwanted_.end(),
          [&](const auto* users) { return users->any || contains(users->*list, name); });
      if (!forbidden && !contains(out, name)) out.push_back(name);
    }
  }

  std::string stranger() const {
    std::string name = "someone";
    const auto mentioned = [&](const std::vector<const UsersCriterion*>& lists) {
      return std::any_of(lists.begin(), lists.end(), [&](const auto* users) {
        return contains(users->names, name) || contains(users->unix_users, name);
      });
    };
    while (mentioned(wanted_) || mentioned(unwanted_)) name += "-else";
    return name;
  }

  static bool holds_without_groups(const UsersCriterion& users, const Name& user,
                                   const Name& unix_user) {
    return (users.any && (user || unix_user)) || (user && contains(users.names, *user)) ||
           (unix_user && contains(users.unix_users, *unix_user));
  }

  bool attempt(const Name& user, const Name& unix_user, Model& model) const {
    const bool refused = std::any_of(unwanted_.begin(), unwanted_.end(), [&](const auto* users) {
      return holds_without_groups(*users, user, unix_user);
    });
    if (refused) return false;
    std::vector<std::string> groups;
    for (const UsersCriterion* users : wanted_) {
      if (holds_without_groups(*users, user, unix_user)) continue;
      if (!unix_user) return false;
      const auto joins = [&](const std::string& group) {
        return contains(users->unix_groups, group);
      };
      if (std::any_of(groups.begin(), groups.end(), joins)) continue;
      const auto group = std::find_if(groups_.begin(), groups_.end(), joins);
      if (group == groups_.end()) return false;
      groups.push_back(*group);
    }
    model.user = user;
    model.unix_user = unix_user;
    model.unix_groups = std::move(groups);
    return true;
  }

  std::vector<const UsersCriterion*> wanted_, unwanted_;
  std::vector<std::string> users_, unix_users_, groups_;
};

}  // namespace

Answer solve_principal(std::span<const Literal> literals, Model& model) {
  return Principals(literals).solve(model);
}

}  // namespace ssmgate::sets
