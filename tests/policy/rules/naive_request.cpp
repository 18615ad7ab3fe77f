#include "policy/rules/naive_request.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "policy/names/naive_host.hpp"

namespace ssmgate::naive {
namespace {

namespace json = boost::json;

// SOURCE: docs/policy.md, the catalogue: what a document takes, and what an absent one means.
const std::map<std::string, std::map<std::string, std::string>> kCatalogue = {
    {"AWS-StartPortForwardingSession", {{"portNumber", "80"}, {"localPortNumber", "0"}}},
    {"AWS-StartPortForwardingSessionToRemoteHost",
     {{"host", "localhost"}, {"portNumber", "80"}, {"localPortNumber", "0"}}},
    {"AWS-StartSSHSession", {{"portNumber", "22"}}},
    {"AWS-StartInteractiveCommand", {{"command", ""}}},
    {"AWS-StartNonInteractiveCommand", {{"command", ""}}},
    {"AWS-StartNonInteractiveCommands", {{"command", ""}}}};

void read(Request& r) {
  const json::object body = json::parse(r.asked.body).as_object();
  r.target = body.at("Target").as_string();
  if (body.contains("Reason")) r.reason = std::string(body.at("Reason").as_string());
  std::string name = text_of(r.policy.find("default_document"));
  if (name.empty()) name = "SSM-SessionManagerRunShell";
  if (body.contains("DocumentName")) name = body.at("DocumentName").as_string();
  r.document = read_document(name, r.asked.region);
  r.catalogued =
      r.document.good && r.document.account.empty() && kCatalogue.contains(r.document.name);
  if (!body.contains("Parameters")) return;
  for (const auto& [key, list] : body.at("Parameters").as_object()) {
    Strings values;
    for (const json::value& value : list.as_array()) values.emplace_back(value.as_string());
    r.sent.emplace_back(key, values);
  }
}

// The first of the table in docs/policy.md, or "".
std::string find_malformed(const Request& r) {
  const Strings kSingle = {"host", "portNumber", "localPortNumber", "command"};
  std::map<int, std::string> found;
  if (r.asked.body.find("\\u0000") != std::string::npos) return "json";
  for (const auto& [name, values] : r.sent) {
    if (values.empty() || (contains(kSingle, name) && values.size() != 1)) found[1] = "value-count";
    if (r.catalogued && !r.takes(name)) found[2] = "unknown-parameter";
    for (const std::string& value : values) {
      if (value.find("{{") != std::string::npos) found[3] = "parameter-reference";
    }
    if (values.empty()) continue;
    const std::string& first = values.front();
    if (name == "host" && ::naive::canonical_host(first) == "refused") found[4] = "host";
    if (name == "portNumber" && !is_port(first, 1)) found[5] = "port";
    if (name == "localPortNumber" && !is_port(first, 0)) found[5] = "port";
  }
  if (!is_target(r.target)) found[6] = "target";
  if (!r.document.good) found[7] = "document";
  return found.empty() ? std::string() : found.begin()->second;
}

void apply_defaults(Request& r) {
  for (const auto& [name, values] : r.sent) r.values[name] = values;
  if (r.values.contains("host")) {
    r.values["host"] = {::naive::canonical_host(r.values["host"].front())};
  }
  if (!r.catalogued) return;
  for (const auto& [name, value] : kCatalogue.at(r.document.name)) {
    if (!value.empty() && !r.values.contains(name)) r.values[name] = {value};
  }
}

}  // namespace

Strings strings(const TreeNode* node) {
  if (node == nullptr) return {};
  if (node->kind != TreeNode::Kind::sequence) return {node->scalar};
  Strings out;
  for (const TreeNode& item : node->items) out.push_back(item.scalar);
  return out;
}

std::string text_of(const TreeNode* node) {
  return node == nullptr ? std::string() : node->scalar;
}

bool contains(const Strings& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool Request::takes(const std::string& parameter) const {
  return catalogued && kCatalogue.at(document.name).contains(parameter);
}

std::string read_request(Request& request) {
  read(request);
  std::string malformed = find_malformed(request);
  if (malformed.empty()) apply_defaults(request);
  return malformed;
}

}  // namespace ssmgate::naive
