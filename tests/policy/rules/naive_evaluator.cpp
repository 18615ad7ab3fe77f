#include "policy/rules/naive_evaluator.hpp"

#include <algorithm>

#include "policy/names/naive_glob.hpp"
#include "policy/names/naive_host.hpp"
#include "policy/rules/naive_request.hpp"

namespace ssmgate::naive {
namespace {

// What a criterion of a rule would need; nothing: it holds.
using Need = std::optional<std::string>;

std::string ticked(const std::string& text) {
  return "`" + text + "`";
}

std::string any_of(const Strings& entries) {
  std::string out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i == 5) return out + " or one of " + std::to_string(entries.size() - 5) + " more";
    out += (i > 0 ? " or " : "") + ticked(entries[i]);
  }
  return out;
}

std::string asked(const std::string& text) {
  return " (asked: " + (text.empty() ? "none" : text) + ")";
}

std::string first_value(const Request& r, const std::string& name) {
  const auto found = r.values.find(name);
  return found == r.values.end() ? std::string() : found->second.front();
}

Need need_glob(const TreeNode* node, const std::string& what, const std::string& claim) {
  if (node == nullptr) return {};
  for (const std::string& entry : strings(node)) {
    if (!claim.empty() && ::naive::glob_matches(entry, claim)) return {};
  }
  return what + " " + any_of(strings(node)) + asked(claim);
}

Need need_account(const Request& r, const TreeNode* node) {
  if (node == nullptr || contains(strings(node), r.asked.account)) return {};
  Strings sorted = strings(node);
  std::sort(sorted.begin(), sorted.end());
  return "account " + any_of(sorted) + asked(r.asked.account);
}

// `hosts`, `ports`, `commands`.
struct Named {
  const char *key, *parameter, *word;
};

bool named_matches(const Named& named, const std::string& entry, const std::string& value,
                   bool denies) {
  const std::string parameter = named.parameter;
  if (parameter == "host") return host_matches(entry, value, denies);
  if (parameter == "portNumber") return port_matches(entry, value);
  return entry == "any" || ::naive::glob_matches(entry, value);
}

Need need_named(const Request& r, const TreeNode& rule, const Named& named, bool denies) {
  const TreeNode* node = rule.find(named.key);
  if (node == nullptr || (!denies && r.catalogued && !r.takes(named.parameter))) return {};
  const std::string value = first_value(r, named.parameter);
  Strings shown;
  for (const std::string& entry : strings(node)) {
    if (r.values.contains(named.parameter) && named_matches(named, entry, value, denies)) return {};
    const bool any_command = std::string(named.key) == "commands" && entry == "any";
    shown.push_back(any_command ? "*" : entry);
  }
  return std::string(named.word) + " " + any_of(shown) + asked(value);
}

bool test_matches(const std::string& name, const TreeNode& test, const std::string& value,
                  bool denies) {
  if (test.kind != TreeNode::Kind::mapping) {
    for (const std::string& glob : strings(&test)) {
      if (::naive::glob_matches(glob, value)) return true;
    }
    return false;
  }
  if (const TreeNode* regex = test.find("regex")) {
    return std::regex_search(value, regex_of(regex->scalar));
  }
  for (const std::string& entry : strings(test.find("host"))) {
    const std::string host = ::naive::canonical_host(value);
    if (host != "refused" && host_matches(entry, host, denies)) return true;
  }
  for (const std::string& entry : strings(test.find("port"))) {
    if (is_port(value, name == "localPortNumber" ? 0 : 1) && port_matches(entry, value)) {
      return true;
    }
  }
  return false;
}

std::string test_text(const TreeNode& test) {
  if (test.kind != TreeNode::Kind::mapping) return any_of(strings(&test));
  if (test.find("regex") != nullptr)
    return "a value matching " + ticked(text_of(test.find("regex")));
  if (test.find("host") != nullptr) return "a host " + any_of(strings(test.find("host")));
  return "a port " + any_of(strings(test.find("port")));
}

Need need_parameter(const Request& r, const TreeEntry& entry, bool denies) {
  const bool any = entry.value.is_scalar() && entry.value.scalar == "any";
  const auto found = r.values.find(entry.key);
  std::string shown;
  std::size_t matched = 0;
  const Strings values = found == r.values.end() ? Strings() : found->second;
  for (const std::string& value : values) {
    if (any || test_matches(entry.key, entry.value, value, denies)) ++matched;
    shown += (shown.empty() ? "" : ", ") + value;
  }
  if (any && !denies) return {};
  const bool good = denies ? matched > 0 : !values.empty() && matched == values.size();
  if (good) return {};
  return "parameter " + ticked(entry.key) + " to be " +
         (any ? "any value" : test_text(entry.value)) + asked(shown);
}

Need need_parameters(const Request& r, const TreeNode& rule, bool denies) {
  Strings needs;
  Strings named;
  if (rule.find("hosts") != nullptr) named.push_back("host");
  if (rule.find("ports") != nullptr) named.push_back("portNumber");
  if (rule.find("commands") != nullptr) named.push_back("command");
  if (const TreeNode* parameters = rule.find("parameters")) {
    for (const TreeEntry& entry : parameters->entries) {
      named.push_back(entry.key);
      if (const Need need = need_parameter(r, entry, denies)) needs.push_back(*need);
    }
  }
  if (!denies && !r.catalogued) {
    for (const auto& [name, values] : r.sent) {
      if (contains(named, name)) continue;
      needs.push_back("no parameter " + ticked(name) + ", which the rule does not name");
      break;
    }
  }
  if (needs.empty()) return {};
  std::string out = needs.front();
  for (std::size_t i = 1; i < needs.size(); ++i) out += ", and " + needs[i];
  return out;
}

bool document_holds(const Request& r, const TreeNode& rule) {
  const TreeNode* node = rule.find("documents");
  if (node == nullptr) return true;
  const Asked& d = r.document;
  for (const std::string& entry : strings(node)) {
    if (!entry.starts_with("arn:")) {
      if (d.account.empty() && ::naive::glob_matches(entry, d.name)) return true;
      continue;
    }
    std::smatch f;
    std::regex_match(entry, f, regex_of("arn:([^:]*):ssm:([^:]*):([^:]*):document/([^:]*)"));
    if (d.account.empty() && !is_reserved(d.name)) continue;
    if ((f[3].length() == 0) != d.account.empty()) continue;
    const std::string& region = r.asked.region;
    const std::string partition = region.starts_with("cn-") ? "aws-cn" : "aws";
    if (!region.empty() && !::naive::glob_matches(f[2].str(), region)) continue;
    if (!region.empty() && !::naive::glob_matches(f[1].str(), partition)) continue;
    if (!::naive::glob_matches(f[4].str(), d.name)) continue;
    if (d.account.empty() || ::naive::glob_matches(f[3].str(), d.account)) return true;
  }
  return false;
}

bool users_hold(const Request& r, const TreeNode& rule) {
  const Question& q = r.asked;
  if (rule.find("users") == nullptr) return true;
  for (const std::string& entry : strings(rule.find("users"))) {
    if (entry == "any" && (q.user || q.unix_user)) return true;
    if (q.user == entry && entry != "any") return true;
    if (q.unix_user && entry == "unix:" + *q.unix_user) return true;
    for (const std::string& group : q.unix_groups) {
      if (q.unix_user && entry == "unix:%" + group) return true;
    }
    if (entry[0] != '@' || !q.user) continue;
    if (contains(strings(r.policy.find("groups")->find(entry.substr(1))), *q.user)) return true;
  }
  return false;
}

bool clients_hold(const Request& r, const TreeNode& rule) {
  if (rule.find("clients") == nullptr) return true;
  for (const std::string& entry : strings(rule.find("clients"))) {
    if (client_in(entry, client_bits(r.asked.client))) return true;
  }
  return false;
}

Need need_time(const Request& r, const TreeNode& rule) {
  const std::string now = time_text(r.asked.now);
  const TreeNode* not_before = rule.find("not_before");
  if (not_before != nullptr && r.asked.now < seconds_of(not_before->scalar)) {
    return "a time from " + time_text(seconds_of(not_before->scalar)) + " on (now: " + now + ")";
  }
  return {};
}

Need need_before(const Request& r, const TreeNode& rule) {
  const TreeNode* expires = rule.find("expires");
  if (expires == nullptr || r.asked.now < seconds_of(expires->scalar)) return {};
  return "a time before " + time_text(seconds_of(expires->scalar)) + ", as it has expired";
}

Need need_hours(const Request& r, const TreeNode& rule) {
  const TreeNode* hours = rule.find("hours");
  if (hours == nullptr) return {};
  const Strings days = strings(hours->find("days"));
  const std::string from = text_of(hours->find("from"));
  const std::string to = text_of(hours->find("to"));
  const std::string zone = text_of(hours->find("zone"));
  if (hours_hold(days, from, to, zone, r.asked.now)) return {};
  std::string out = "the hours ";
  for (std::size_t i = 0; i < days.size(); ++i) out += (i > 0 ? "," : "") + days[i];
  return out + (days.empty() ? "" : " ") + from + "-" + to + " " + zone +
         " (now: " + time_text(r.asked.now) + ")";
}

Need need_reason(const Request& r, const TreeNode& rule) {
  const TreeNode* reason = rule.find("reason");
  if (reason == nullptr) return {};
  if (r.reason && std::regex_search(*r.reason, regex_of(reason->scalar))) return {};
  return "a reason matching " + ticked(reason->scalar) + ", given as `--reason`" +
         asked(r.reason.value_or(""));
}

// What the rule would need, its criteria in the order in which a refusal names them.
struct Needs {
  bool nameable = true;
  Strings texts;
};

Needs needs_of(const Request& r, const TreeNode& rule, bool denies) {
  Needs out;
  out.nameable = document_holds(r, rule) && users_hold(r, rule) && clients_hold(r, rule);
  for (const Need& need : {need_account(r, rule.find("accounts")),
                           need_glob(rule.find("access_keys"), "access key", r.asked.access_key),
                           need_glob(rule.find("regions"), "region", r.asked.region),
                           need_glob(rule.find("targets"), "target", r.target),
                           need_named(r, rule, {"hosts", "host", "host"}, denies),
                           need_named(r, rule, {"ports", "portNumber", "port"}, denies),
                           need_named(r, rule, {"commands", "command", "command"}, denies),
                           need_parameters(r, rule, denies), need_reason(r, rule),
                           need_time(r, rule), need_before(r, rule), need_hours(r, rule)}) {
    if (need) out.texts.push_back(*need);
  }
  return out;
}

enum class Mode { enforces, trial, ended };
Mode mode_of(const Request& r, const TreeNode& node) {
  if (text_of(node.find("mode")) != "report") return Mode::enforces;
  return r.asked.now < seconds_of(node.find("until")->scalar) ? Mode::trial : Mode::ended;
}

std::vector<const TreeNode*> rules(const TreeNode* list) {
  std::vector<const TreeNode*> out;
  if (list == nullptr) return out;
  for (const TreeNode& item : list->items) out.push_back(&item);
  return out;
}

}  // namespace

Verdict judge(const TreeNode& policy, const Question& question) {
  Request r{policy, question, {}, {}, {}, {}, {}, false};
  Verdict verdict;
  verdict.code = read_request(r);
  if (!verdict.code.empty()) return verdict;
  for (const TreeNode* rule : rules(policy.find("deny"))) {
    const Needs needs = needs_of(r, *rule, true);
    if (!needs.nameable || !needs.texts.empty()) continue;
    if (mode_of(r, *rule) == Mode::trial) {
      verdict.reported.push_back(text_of(rule->find("id")));
      continue;
    }
    verdict.code = "explicit-deny";
    verdict.relay = mode_of(r, policy) == Mode::trial;
    verdict.rule = text_of(rule->find("id"));
    return verdict;
  }
  Strings trials;
  std::size_t fewest = 1000;
  for (const TreeNode* rule : rules(policy.find("allow"))) {
    const Needs needs = needs_of(r, *rule, false);
    const Mode mode = mode_of(r, *rule);
    if (!needs.nameable || mode == Mode::ended) continue;
    const std::string id = text_of(rule->find("id"));
    if (needs.texts.empty() && mode == Mode::enforces) {
      return {"allowed", true, id, "", "", verdict.reported, text_of(rule->find("max_duration"))};
    }
    if (needs.texts.empty() && trials.empty()) {
      verdict.max_duration = text_of(rule->find("max_duration"));
    }
    if (needs.texts.empty()) trials.push_back(id);
    if (needs.texts.empty() || needs.texts.size() >= fewest) continue;
    fewest = needs.texts.size();
    verdict.nearest = id;
    verdict.needs = needs.texts.front();
    for (std::size_t i = 1; i < needs.texts.size(); ++i) verdict.needs += "; and " + needs.texts[i];
  }
  verdict.code = "no-rule";
  verdict.relay = mode_of(r, policy) == Mode::trial || !trials.empty();
  // `allow` stands first in the generator's files
  verdict.reported.insert(verdict.reported.begin(), trials.begin(), trials.end());
  return verdict;
}

}  // namespace ssmgate::naive
