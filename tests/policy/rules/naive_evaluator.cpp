#include "policy/rules/naive_evaluator.hpp"

#include <algorithm>
#include <map>

#include <re2/re2.h>

#include "policy/names/naive_glob.hpp"
#include "ssmgate/names/port.hpp"

namespace ssmgate::naive {
namespace {

using Strings = std::vector<std::string>;

Strings strings(const TreeNode* node) {
  if (node == nullptr) return {};
  if (node->kind != TreeNode::Kind::sequence) return {node->scalar};
  Strings out;
  for (const TreeNode& item : node->items) out.push_back(item.scalar);
  return out;
}

struct Request {
  const TreeNode& policy;
  const Caller& caller;
  const Claims& claims;
  const StartSession& session;
  std::string document;  // canonical name
  bool has_account = false;
  std::map<std::string, Strings> values;  // with defaults
  std::map<std::string, Strings> sent;
  bool catalogued = false;
  std::vector<std::string> takes;
};

bool glob(const std::string& pattern, const std::string& text) {
  return ::naive::glob_matches(pattern, text);
}

void apply_catalogue(Request& r) {
  static const std::map<std::string, std::map<std::string, std::string>> kCatalogue = {
      {"AWS-StartPortForwardingSession", {{"portNumber", "80"}, {"localPortNumber", "0"}}},
      {"AWS-StartPortForwardingSessionToRemoteHost",
       {{"host", "localhost"}, {"portNumber", "80"}, {"localPortNumber", "0"}}},
      {"AWS-StartSSHSession", {{"portNumber", "22"}}},
      {"AWS-StartInteractiveCommand", {{"command", ""}}},
      {"AWS-StartNonInteractiveCommand", {{"command", ""}}},
      {"AWS-StartNonInteractiveCommands", {{"command", ""}}}};
  r.values = r.sent;
  const auto found = kCatalogue.find(r.document);
  if (found == kCatalogue.end() || r.has_account) return;
  r.catalogued = true;
  for (const auto& [name, value] : found->second) {
    r.takes.push_back(name);
    if (!value.empty() && !r.values.contains(name)) r.values[name] = {value};
  }
}

bool port_in(const std::string& entry, const std::string& value) {
  if (entry == "any") return true;
  const auto dash = entry.find('-');
  const int low = std::stoi(entry.substr(0, dash));
  const int high = dash == std::string::npos ? low : std::stoi(entry.substr(dash + 1));
  const int port = std::stoi(value);
  return low <= port && port <= high;
}

bool entry_matches(const std::string& key, const std::string& entry, const std::string& value,
                   bool denies) {
  if (key == "host") {
    const auto pattern = *parse_host_pattern(entry);
    const auto host = parse_host(value);
    return host && (denies ? pattern.matches(*host) : pattern.grants(*host));
  }
  if (key == "portNumber") return port_in(entry, value);
  return entry == "any" || glob(entry, value);
}

// `hosts`, `ports`, `commands`.
bool named_holds(const Request& r, const TreeNode& rule, const char* key, const char* parameter,
                 bool denies) {
  const TreeNode* node = rule.find(key);
  const bool takes = std::find(r.takes.begin(), r.takes.end(), parameter) != r.takes.end();
  if (node == nullptr) return true;
  if (!denies && r.catalogued && !takes) return true;
  const auto found = r.values.find(parameter);
  if (found == r.values.end()) return false;
  const auto one = [&](const std::string& value) {
    for (const std::string& entry : strings(node)) {
      if (entry_matches(parameter, entry, value, denies)) return true;
    }
    return false;
  };
  return denies ? std::any_of(found->second.begin(), found->second.end(), one)
                : std::all_of(found->second.begin(), found->second.end(), one);
}

bool parameters_hold(const Request& r, const TreeNode& rule, bool denies) {
  const TreeNode* parameters = rule.find("parameters");
  Strings named;
  if (rule.find("hosts") != nullptr) named.push_back("host");
  if (rule.find("ports") != nullptr) named.push_back("portNumber");
  if (rule.find("commands") != nullptr) named.push_back("command");
  if (parameters != nullptr) {
    for (const TreeEntry& entry : parameters->entries) {
      named.push_back(entry.key);
      const bool any = entry.value.is_scalar() && entry.value.scalar == "any";
      const auto found = r.values.find(entry.key);
      if (found == r.values.end()) {
        if (any && !denies) continue;
        return false;
      }
      int matched = 0;
      for (const std::string& value : found->second) {
        bool good = any;
        for (const std::string& pattern : strings(&entry.value))
          good = good || glob(pattern, value);
        matched += good ? 1 : 0;
      }
      const bool all = matched == static_cast<int>(found->second.size());
      if (denies ? matched == 0 : !all) return false;
    }
  }
  if (denies || r.catalogued) return true;
  return std::all_of(r.sent.begin(), r.sent.end(), [&](const auto& sent) {
    return std::find(named.begin(), named.end(), sent.first) != named.end();
  });
}

bool document_holds(const Request& r, const TreeNode& rule) {
  const TreeNode* node = rule.find("documents");
  if (node == nullptr) return true;
  for (const std::string& entry : strings(node)) {
    if (entry.starts_with("arn:")) {
      if (!r.session.document) continue;  // the default is the caller's own
      const Document& d = *r.session.document;
      const std::string account = d.owner() == Document::Owner::account ? d.account() : "";
      const auto name = entry.substr(entry.find("document/") + 9);
      Strings fields;
      std::string field;
      for (const char c : entry + ":") {
        if (c == ':')
          fields.push_back(std::exchange(field, ""));
        else
          field += c;
      }
      if (d.owner() == Document::Owner::caller || fields[4].empty() != account.empty()) continue;
      if (!r.claims.region.empty() && !glob(fields[3], r.claims.region)) continue;
      if ((account.empty() || glob(fields[4], account)) && glob(name, d.name())) return true;
    } else if (!r.has_account && glob(entry, r.document)) {
      return true;
    }
  }
  return false;
}

bool users_hold(const Request& r, const TreeNode& rule) {
  if (rule.find("users") == nullptr) return true;
  for (const std::string& entry : strings(rule.find("users"))) {
    if (entry == "any" && (r.caller.user || r.caller.unix_user)) return true;
    if (r.caller.user == entry && entry != "any") return true;
    if (r.caller.unix_user && entry == "unix:" + *r.caller.unix_user) return true;
    for (const std::string& group : r.caller.unix_groups) {
      if (r.caller.unix_user && entry == "unix:%" + group) return true;
    }
    if (entry[0] != '@' || !r.caller.user) continue;
    const Strings members = strings(r.policy.find("groups")->find(entry.substr(1)));
    if (std::find(members.begin(), members.end(), *r.caller.user) != members.end()) return true;
  }
  return false;
}

bool clients_hold(const Request& r, const TreeNode& rule) {
  if (rule.find("clients") == nullptr) return true;
  for (const std::string& entry : strings(rule.find("clients"))) {
    if (parse_cidr(entry)->contains(unmapped(r.caller.client))) return true;
  }
  return false;
}

bool claim_holds(const TreeNode* node, const std::string& claim) {
  if (node == nullptr) return true;
  for (const std::string& entry : strings(node)) {
    if (!claim.empty() && glob(entry, claim)) return true;
  }
  return false;
}

// How many criteria fail, those of `may_be_named` first: documents, users, clients.
struct Failures {
  bool nameable = true;
  int count = 0;
};

Failures failures(const Request& r, const TreeNode& rule, bool denies) {
  Failures out;
  out.nameable = document_holds(r, rule) && users_hold(r, rule) && clients_hold(r, rule);
  const auto count = [&](bool good) { out.count += good ? 0 : 1; };
  count(out.nameable);
  count(claim_holds(rule.find("accounts"), r.claims.account));
  count(claim_holds(rule.find("access_keys"), r.claims.access_key));
  count(claim_holds(rule.find("regions"), r.claims.region));
  count(claim_holds(rule.find("targets"), r.session.target.text()));
  count(named_holds(r, rule, "hosts", "host", denies));
  count(named_holds(r, rule, "ports", "portNumber", denies));
  count(named_holds(r, rule, "commands", "command", denies));
  count(parameters_hold(r, rule, denies));
  const TreeNode* reason = rule.find("reason");
  count(reason == nullptr ||
        (r.session.reason && re2::RE2::PartialMatch(*r.session.reason, re2::RE2(reason->scalar))));
  return out;
}

// The generator writes `until` as one of two dates: one past, one to come.
enum class Mode { enforces, trial, ended };
Mode mode_of(const TreeNode& node) {
  if (node.find("mode") == nullptr || node.find("mode")->scalar != "report") return Mode::enforces;
  return node.find("until")->scalar.starts_with("2099") ? Mode::trial : Mode::ended;
}

}  // namespace

Verdict judge(const TreeNode& policy, const Caller& caller, const Claims& claims,
              const StartSession& session) {
  Request r{policy, caller, claims, session, {}, false, {}, {}, false, {}};
  r.document = session.document ? session.document->name() : "SSM-SessionManagerRunShell";
  r.has_account = session.document && session.document->owner() == Document::Owner::account;
  for (const Parameter& parameter : session.parameters) r.sent[parameter.name] = parameter.values;
  apply_catalogue(r);
  if (session.host) r.values["host"] = {session.host->text()};

  Verdict verdict;
  Strings passed_over;
  const TreeNode* deny = policy.find("deny");
  for (const TreeNode& rule : deny == nullptr ? std::vector<TreeNode>() : deny->items) {
    if (failures(r, rule, true).count > 0) continue;
    if (mode_of(rule) == Mode::trial) {
      passed_over.push_back(rule.find("id")->scalar);
      continue;
    }
    verdict = {"explicit-deny", mode_of(policy) == Mode::trial, rule.find("id")->scalar, "",
               passed_over};
    return verdict;
  }
  Strings trials;
  int fewest = 1000;
  for (const TreeNode& rule : policy.find("allow")->items) {
    const Failures failed = failures(r, rule, false);
    const Mode mode = mode_of(rule);
    const std::string id = rule.find("id")->scalar;
    if (failed.count == 0 && mode == Mode::enforces) return {"allowed", true, id, "", passed_over};
    if (failed.count == 0 && mode == Mode::trial) trials.push_back(id);
    if (mode == Mode::ended || !failed.nameable || failed.count == 0) continue;
    if (failed.count < fewest) {
      fewest = failed.count;
      verdict.nearest = id;
    }
  }
  verdict.code = "no-rule";
  verdict.relay = mode_of(policy) == Mode::trial || !trials.empty();
  verdict.reported = trials;  // `allow` stands first in the generator's files
  verdict.reported.insert(verdict.reported.end(), passed_over.begin(), passed_over.end());
  return verdict;
}

}  // namespace ssmgate::naive
