// `ssmgate reload`: makes a running gateway read its files again, and says what came of it.
#include <cstdio>
#include <memory>

#include "commands/admin_client.hpp"
#include "commands/command.hpp"
#include "commands/output.hpp"

namespace ssmgate::commands {
namespace {

struct ReloadOptions {
  GatewayName gateway;
  bool json = false;
};

// LIMIT: of the gateway's own minute.
constexpr std::chrono::seconds kPatience{65};

std::vector<std::string> lines_of(const TreeNode& report) {
  std::vector<std::string> lines;
  const TreeNode* list = report.find("lines");
  if (list == nullptr) return lines;
  for (const TreeNode& item : list->items) lines.push_back(item.scalar);
  return lines;
}

// The watch over the files may have been quicker than who asked.
void say_last_change(const AdminClient& client) {
  const auto asked = client.ask("GET", "/v1/status");
  if (const auto* fault = std::get_if<AdminFault>(&asked)) {
    std::printf("no change (since when is not known: %s)\n", fault->text.c_str());
    return;
  }
  const auto status = tree_of(std::get<AdminAnswer>(asked));
  const TreeNode* change = status ? status->find("change") : nullptr;
  const TreeNode* time = change == nullptr ? nullptr : change->find("time");
  const TreeNode* who = change == nullptr ? nullptr : change->find("asked_by");
  if (time == nullptr || who == nullptr) {
    std::puts("no change");
    return;
  }
  std::printf("no change since %s (%s), which put this in force:\n",
              escape_invisible(time->scalar).c_str(), escape_invisible(who->scalar).c_str());
  for (const std::string& line : lines_of(*change)) {
    std::printf("  %s\n", escape_invisible(line).c_str());
  }
}

int reload(const ReloadOptions& options) {
  const auto client = find_gateway(options.gateway);
  if (!client) return 2;
  const auto asked = client->ask("POST", "/v1/reload", kPatience);
  if (const auto* fault = std::get_if<AdminFault>(&asked)) return fail(fault->text);
  const auto& answer = std::get<AdminAnswer>(asked);
  const auto report = tree_of(answer);
  if (!report || (answer.status != 200 && answer.status != 422)) return fail(error_of(answer));
  const bool taken = answer.status == 200;
  if (options.json) return write_output(answer.body) && taken ? 0 : 1;
  const std::vector<std::string> lines = lines_of(*report);
  if (!taken) {
    for (const std::string& line : lines) {
      std::fprintf(stderr, "%s\n", escape_invisible(line).c_str());
    }
    return fail("reload refused; what was in force before stays so", 1);
  }
  // A gateway of an older version does not say it.
  const TreeNode* changed = report->find("changed");
  const bool same = changed == nullptr ? lines.empty() : changed->scalar == "false";
  if (same) say_last_change(*client);
  for (const std::string& line : lines) std::puts(escape_invisible(line).c_str());
  return 0;
}

}  // namespace

void add_reload_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<ReloadOptions>();
  CLI::App* command = app.add_subcommand(
      "reload", "Make a running gateway read its configuration and policy again");
  add_gateway_options(*command, options->gateway);
  command->add_flag("--json", options->json, "One JSON object instead of text");
  command->footer("Exit status: 0 in force, 1 refused (what was in force stays so), 2 trouble.");
  command->callback([options, &exit_status] { exit_status = reload(*options); });
}

}  // namespace ssmgate::commands
