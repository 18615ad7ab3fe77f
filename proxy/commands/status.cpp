// `ssmgate status`: how a running gateway is, for a person or as JSON.
#include <cstdio>
#include <memory>

#include "commands/admin_client.hpp"
#include "commands/command.hpp"
#include "commands/output.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::commands {
namespace {

struct StatusOptions {
  GatewayName gateway;
  bool json = false;
};

// The scalar at `path` below `node`; empty when it is null or not there.
std::string at(const TreeNode& node, std::initializer_list<std::string_view> path) {
  const TreeNode* here = &node;
  for (const std::string_view key : path) {
    here = here->find(key);
    if (here == nullptr) return {};
  }
  return here->is_scalar() && here->kind != TreeNode::Kind::null ? here->scalar : "";
}

// "1 connection", "2 connections".
std::string counted(const TreeNode& status, std::string_view key, const std::string& what) {
  const std::string count = at(status, {"counts", key});
  return count + " " + what + (count == "1" ? "" : "s");
}

std::vector<const TreeNode*> items_at(const TreeNode& node,
                                      std::initializer_list<std::string_view> path) {
  const TreeNode* here = &node;
  for (const std::string_view key : path) {
    here = here->find(key);
    if (here == nullptr) return {};
  }
  std::vector<const TreeNode*> items;
  for (const TreeNode& item : here->items) items.push_back(&item);
  return items;
}

// "3 d 4 h", "4 h 5 min", "5 min 6 s", "6 s".
std::string in_words(const std::string& seconds) {
  long left = std::strtol(seconds.c_str(), nullptr, 10);
  struct Unit {
    long size;
    const char* name;
  };
  static constexpr Unit kUnits[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
  std::string text;
  for (const Unit& unit : kUnits) {
    const bool second = !text.empty();
    if (left < unit.size && !second && unit.size != 1) continue;
    text += (second ? " " : "") + std::to_string(left / unit.size) + unit.name;
    left %= unit.size;
    if (second) break;
  }
  return text;
}

// What answers at the address need not be a gateway.
void row(const char* name, const std::string& text) {
  std::printf("%-15s %s\n", name, escape_invisible(text).c_str());
}

// "1 allow rule", "2 allow rules".
std::string rule_count(const TreeNode& status, const std::string& which) {
  const std::string count = at(status, {"policy", which + "_rules"});
  return count + " " + which + (count == "1" ? " rule" : " rules");
}

void print_policy(const TreeNode& status) {
  const std::string file = at(status, {"policy", "file"});
  row("policy", file.empty() ? "the built-in one" : file);
  row("", "revision " + at(status, {"policy", "revision"}).substr(0, 12) + "…, in force for " +
              in_words(at(status, {"policy", "age_s"})) + "; " + rule_count(status, "allow") +
              ", " + rule_count(status, "deny"));
  const std::string days = at(status, {"policy", "report_days_left"});
  row("mode",
      days.empty() ? "enforce" : "report: nothing is refused by rules; " + days + " days left");
}

void print_reload(const TreeNode& status) {
  if (at(status, {"reload", "time"}).empty()) return;
  const bool taken = at(status, {"reload", "taken"}) == "true";
  row("last reload", at(status, {"reload", "time"}) + " (" + at(status, {"reload", "asked_by"}) +
                         "): " + (taken ? "in force" : "refused"));
  if (taken) return;
  for (const TreeNode* line : items_at(status, {"reload", "lines"})) row("", line->scalar);
}

void print(const TreeNode& status) {
  const bool healthy = at(status, {"healthy"}) == "true";
  row("ssmgate", at(status, {"version"}) + ", up " + in_words(at(status, {"uptime_s"})) + ": " +
                     (healthy ? "healthy" : "NOT healthy"));
  for (const TreeNode* problem : items_at(status, {"problems"})) row("problem", problem->scalar);
  for (const TreeNode* warning : items_at(status, {"warnings"})) row("warning", warning->scalar);
  const std::string file = at(status, {"configuration"});
  row("configuration", file.empty() ? "the embedded default" : file);
  print_policy(status);
  for (const TreeNode* listener : items_at(status, {"listeners"})) {
    row("listener", at(*listener, {"address"}) + ", auth " + at(*listener, {"auth"}) +
                        (at(*listener, {"tls"}) == "true" ? ", TLS" : ""));
  }
  row("ca",
      at(status, {"ca", "certificate"}) + ", " + at(status, {"ca", "days_left"}) + " days left");
  for (const TreeNode* sink : items_at(status, {"audit", "sinks"})) {
    const bool ok = at(*sink, {"ok"}) == "true";
    row("audit", at(*sink, {"name"}) + ": " + (ok ? "ok" : at(*sink, {"trouble"})));
  }
  row("open",
      counted(status, "connections", "connection") + ", " + counted(status, "tunnels", "tunnel"));
  row("since start", at(status, {"counts", "allowed"}) + " allowed, " +
                         at(status, {"counts", "denied"}) + " denied, " +
                         at(status, {"counts", "malformed"}) + " malformed, " +
                         counted(status, "relayed", "other operation") + " relayed");
  print_reload(status);
}

int status(const StatusOptions& options) {
  const auto client = find_gateway(options.gateway);
  if (!client) return 2;
  const auto asked = client->ask("GET", "/v1/status");
  if (const auto* fault = std::get_if<AdminFault>(&asked)) return fail(fault->text);
  const auto& answer = std::get<AdminAnswer>(asked);
  const auto tree = tree_of(answer);
  if (answer.status != 200 || !tree) return fail(error_of(answer));
  if (options.json) {
    if (!write_output(answer.body)) return 2;
  } else {
    print(*tree);
  }
  return at(*tree, {"healthy"}) == "true" ? 0 : 1;
}

}  // namespace

void add_status_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command = app.add_subcommand("status", "Show how a running gateway is");
  add_gateway_options(*command, options->gateway);
  command->add_flag("--json", options->json, "One JSON object instead of text");
  command->footer("Exit status: 0 healthy, 1 something is wrong with it, 2 none answers.");
  command->callback([options, &exit_status] { exit_status = status(*options); });
}

}  // namespace ssmgate::commands
