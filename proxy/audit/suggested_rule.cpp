#include "audit/suggested_rule.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "ssmgate/names/glob.hpp"

namespace ssmgate::audit {
namespace {

using Kind = TreeNode::Kind;

// LIMIT: what a comment names of each; more tells a reader nothing.
constexpr std::size_t kMaxNoted = 3;

constexpr std::size_t kTargets = 0, kPorts = 1, kCommands = 2, kParameters = 3;

std::vector<std::string> one(const std::string& text) {
  return {text};
}

// A value in which the policy language would see a glob is matched by a regular expression, which
// can quote it. Such values are not joined.
bool needs_regex(std::string_view value) {
  return has_glob(value);
}

// What two rules must agree on to be joined along `list`.
std::vector<std::string> key_without(const SuggestedRule& rule, std::size_t list) {
  const Asked& shape = rule.shape;
  std::vector<std::string> key = {shape.user,   shape.client,   shape.account, shape.access_key,
                                  shape.region, shape.document, shape.host};
  for (const auto& parameter : shape.parameters) key.push_back(parameter.first);
  for (std::size_t i = 0; i < rule.lists.size(); ++i) {
    key.emplace_back();  // an empty text parts the lists: no entry is one but a parameter's
    if (i == list) continue;
    key.push_back(std::to_string(rule.lists[i].size()));
    key.insert(key.end(), rule.lists[i].begin(), rule.lists[i].end());
  }
  return key;
}

bool may_join_along(const SuggestedRule& rule, std::size_t list) {
  const auto& entries = rule.lists[list];
  if (entries.empty()) return false;
  return list < kParameters || std::none_of(entries.begin(), entries.end(), needs_regex);
}

bool join_along(std::size_t list, std::vector<SuggestedRule>& rules) {
  std::map<std::vector<std::string>, std::size_t> places;
  std::vector<SuggestedRule> joined;
  for (SuggestedRule& rule : rules) {
    if (list >= rule.lists.size() || !may_join_along(rule, list)) {
      joined.push_back(std::move(rule));
      continue;
    }
    const auto [place, fresh] = places.try_emplace(key_without(rule, list), joined.size());
    if (fresh) {
      joined.push_back(std::move(rule));
      continue;
    }
    SuggestedRule& into = joined[place->second];
    auto& entries = into.lists[list];
    entries.insert(entries.end(), rule.lists[list].begin(), rule.lists[list].end());
    std::sort(entries.begin(), entries.end());
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
    into.tally.add(rule.tally);
  }
  const bool fewer = joined.size() < rules.size();
  rules = std::move(joined);
  return fewer;
}

// ---- as a tree

TreeNode scalar(std::string text, Kind kind = Kind::string) {
  TreeNode node;
  node.kind = kind;
  node.scalar = std::move(text);
  return node;
}

TreeNode list_of(const std::vector<std::string>& texts, Kind kind = Kind::string) {
  TreeNode node;
  node.kind = Kind::sequence;
  for (const std::string& text : texts) node.items.push_back(scalar(text, kind));
  return node;
}

void put(TreeNode& mapping, std::string key, TreeNode value) {
  mapping.kind = Kind::mapping;
  mapping.entries.push_back({std::move(key), {}, std::move(value)});
}

void put_entry(TreeNode& mapping, std::string key, const std::string& entry) {
  if (!entry.empty()) put(mapping, std::move(key), list_of(one(entry)));
}

// SOURCE: RE2's QuoteMeta: every ASCII character but letters, digits and `_` behind a backslash.
std::string regex_quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x80 || c == '_' || (c >= '0' && c <= '9') ||
                       (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!plain) out += '\\';
    out += c;
  }
  return out;
}

TreeNode values_of(const std::vector<std::string>& values) {
  if (!needs_regex(values.front())) return list_of(values);
  TreeNode form;
  put(form, "regex", scalar("^" + regex_quoted(values.front()) + "$"));
  return form;
}

std::string short_document(const Asked& shape) {
  const std::string_view document = shape.document;
  if (document == "SSM-SessionManagerRunShell") return "shell";
  if (document == "AWS-StartSSHSession") return "ssh";
  if (document == "AWS-StartPortForwardingSession") return "node-port";
  return std::string(document.substr(document.rfind('/') + 1));
}

void append_slug(std::string_view text, std::size_t most, std::string& id) {
  const std::size_t end = id.size() + most;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (id.size() == end) break;
    if (plain) {
      id += c;
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
}

}  // namespace

void note(std::vector<std::string>& texts, const std::string& text) {
  if (text.empty() || texts.size() > kMaxNoted) return;
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
}

void Tally::add(const Tally& other) {
  count += other.count;
  if (first.empty() || (!other.first.empty() && other.first < first)) first = other.first;
  last = std::max(last, other.last);
  for (const std::string& client : other.clients) note(clients, client);
  for (const std::string& key : other.keys) note(keys, key);
  for (const std::string& reason : other.reasons) note(reasons, reason);
}

SuggestedRule::SuggestedRule(const Asked& asked, Tally counted)
    : shape(asked), lists(kParameters), tally(std::move(counted)) {
  lists[kTargets] = one(asked.target);
  if (asked.port) lists[kPorts] = one(std::to_string(*asked.port));
  if (asked.command) lists[kCommands] = one(*asked.command);
  for (const auto& parameter : asked.parameters) lists.push_back(one(parameter.second));
}

std::vector<SuggestedRule> join_rules(std::vector<SuggestedRule> rules) {
  std::size_t most = 0;
  for (const SuggestedRule& rule : rules) most = std::max(most, rule.lists.size());
  for (bool fewer = true; fewer;) {
    fewer = false;
    for (std::size_t list = 0; list < most; ++list) fewer = join_along(list, rules) || fewer;
  }
  std::sort(rules.begin(), rules.end(), [](const SuggestedRule& a, const SuggestedRule& b) {
    const auto key = [](const SuggestedRule& rule) {
      const Asked& shape = rule.shape;
      return std::tie(shape.user, shape.client, shape.host, shape.document, shape.account,
                      shape.region, rule.lists);
    };
    return key(a) < key(b);
  });
  return rules;
}

std::string id_of(const SuggestedRule& rule) {
  constexpr std::size_t kWho = 20, kWhere = 32;
  const Asked& shape = rule.shape;
  std::string id;
  append_slug(shape.user.empty() ? shape.client : shape.user, kWho, id);
  if (!id.empty() && id.back() != '-') id += '-';
  append_slug(shape.host.empty() ? short_document(shape) : shape.host, kWhere, id);
  while (id.ends_with('-')) id.pop_back();
  return id.empty() ? "rule" : id;
}

TreeNode tree_of(const SuggestedRule& rule, const std::string& id) {
  const Asked& shape = rule.shape;
  TreeNode tree;
  put(tree, "id", scalar(id));
  put_entry(tree, "users", shape.user);
  put_entry(tree, "clients", shape.client);
  put_entry(tree, "accounts", shape.account);
  put_entry(tree, "access_keys", shape.access_key);
  put_entry(tree, "regions", shape.region);
  put(tree, "targets", list_of(rule.lists[kTargets]));
  put_entry(tree, "documents", shape.document);
  put_entry(tree, "hosts", shape.host);
  if (!rule.lists[kPorts].empty()) {
    std::vector<std::string> ports = rule.lists[kPorts];
    std::sort(ports.begin(), ports.end(), [](const std::string& a, const std::string& b) {
      return std::pair(a.size(), a) < std::pair(b.size(), b);
    });
    put(tree, "ports", list_of(ports, Kind::integer));
  }
  if (!rule.lists[kCommands].empty()) put(tree, "commands", list_of(rule.lists[kCommands]));
  if (shape.parameters.empty()) return tree;
  TreeNode parameters;
  for (std::size_t i = 0; i < shape.parameters.size(); ++i) {
    put(parameters, shape.parameters[i].first, values_of(rule.lists[kParameters + i]));
  }
  put(tree, "parameters", std::move(parameters));
  return tree;
}

}  // namespace ssmgate::audit
