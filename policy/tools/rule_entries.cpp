#include "tools/rule_entries.hpp"

#include <algorithm>

namespace ssmgate::tools {
namespace {

std::string text_of(const std::string& entry) {
  return entry;
}

std::string text_of(const DocumentPattern& entry) {
  return entry.text();
}

template <class Entry>
std::string text_of(const Entry& entry) {
  return entry.text;
}

template <class Entry>
RuleList list_of(const Rule& rule, std::string key, std::vector<Entry> Rule::*list) {
  RuleList made{std::move(key), {}};
  for (std::size_t i = 0; i < (rule.*list).size(); ++i) {
    made.entries.push_back(
        {text_of((rule.*list)[i]), [&rule, list, i](Rule& cut) { cut.*list = {(rule.*list)[i]}; }});
  }
  return made;
}

void set_users(Rule& rule, UsersCriterion users) {
  rule.users = std::move(users);
  rule.users.said = true;
}

void append_users(const Rule& rule, std::vector<std::string> UsersCriterion::*list,
                  std::string_view prefix, RuleList& out) {
  for (const std::string& name : rule.users.*list) {
    out.entries.push_back({std::string(prefix) + name, [list, name](Rule& cut) {
                             UsersCriterion one;
                             (one.*list).push_back(name);
                             set_users(cut, std::move(one));
                           }});
  }
}

RuleList users_of(const Rule& rule) {
  RuleList made{"users", {}};
  if (rule.users.any) {
    made.entries.push_back({"any", [](Rule& cut) {
                              UsersCriterion one;
                              one.any = true;
                              set_users(cut, std::move(one));
                            }});
  }
  append_users(rule, &UsersCriterion::names, "", made);
  append_users(rule, &UsersCriterion::unix_users, "unix:", made);
  append_users(rule, &UsersCriterion::unix_groups, "unix:%", made);
  return made;
}

template <class Entry>
void append_values(std::size_t at, const std::vector<Entry>& values, RuleList& out) {
  for (const Entry& entry : values) {
    out.entries.push_back({text_of(entry), [at, entry](Rule& cut) {
                             cut.parameters[at].test = std::vector<Entry>{entry};
                           }});
  }
}

RuleList values_of(const Rule& rule, std::size_t at) {
  const ParameterCriterion& criterion = rule.parameters[at];
  RuleList made{"parameters." + criterion.name, {}};
  if (const auto* globs = std::get_if<Globs>(&criterion.test)) {
    append_values(at, *globs, made);
  } else if (const auto* hosts = std::get_if<std::vector<HostEntry>>(&criterion.test)) {
    append_values(at, *hosts, made);
  } else if (const auto* ports = std::get_if<std::vector<PortEntry>>(&criterion.test)) {
    append_values(at, *ports, made);
  }
  return made;
}

}  // namespace

Rule without(const Rule& rule, std::string_view key) {
  Rule less = rule;
  if (key == "users") less.users = {};
  if (key == "clients") less.clients.clear();
  if (key == "accounts") less.accounts.clear();
  if (key == "access_keys") less.access_keys.clear();
  if (key == "regions") less.regions.clear();
  if (key == "targets") less.targets.clear();
  if (key == "documents") less.documents.clear();
  if (key == "hosts") less.hosts.clear();
  if (key == "ports") less.ports.clear();
  if (key == "commands") less.commands.clear();
  std::erase_if(less.parameters, [&](const ParameterCriterion& criterion) {
    return key == "parameters." + criterion.name;
  });
  return less;
}

std::vector<RuleList> lists_of(const Rule& rule) {
  std::vector<RuleList> lists;
  lists.push_back(users_of(rule));
  lists.push_back(list_of(rule, "clients", &Rule::clients));
  lists.push_back(list_of(rule, "accounts", &Rule::accounts));
  lists.push_back(list_of(rule, "access_keys", &Rule::access_keys));
  lists.push_back(list_of(rule, "regions", &Rule::regions));
  lists.push_back(list_of(rule, "targets", &Rule::targets));
  lists.push_back(list_of(rule, "documents", &Rule::documents));
  lists.push_back(list_of(rule, "hosts", &Rule::hosts));
  lists.push_back(list_of(rule, "ports", &Rule::ports));
  lists.push_back(list_of(rule, "commands", &Rule::commands));
  for (std::size_t i = 0; i < rule.parameters.size(); ++i) lists.push_back(values_of(rule, i));
  return lists;
}

}  // namespace ssmgate::tools
