#include "commands/doctor/running.hpp"

#include <filesystem>

#include "admin/endpoint_files.hpp"
#include "commands/admin_client.hpp"
#include "commands/policy_file.hpp"

namespace ssmgate::doctor {
namespace {

namespace fs = std::filesystem;

std::string scalar_at(const TreeNode& node, std::string_view key) {
  const TreeNode* found = node.find(key);
  if (found == nullptr || !found->is_scalar() || found->kind == TreeNode::Kind::null) return {};
  return found->scalar;
}

void read_status(const TreeNode& status, RunningFacts& facts) {
  const auto take = [&status](std::string_view key, std::vector<std::string>& into) {
    const TreeNode* list = status.find(key);
    if (list == nullptr) return;
    for (const TreeNode& each : list->items) into.push_back(each.scalar);
  };
  take("problems", facts.problems);
  take("warnings", facts.warnings);
  if (const TreeNode* policy = status.find("policy")) {
    facts.policy_file = scalar_at(*policy, "file");
    facts.policy_revision = scalar_at(*policy, "revision");
    facts.report_days_left = scalar_at(*policy, "report_days_left");
  }
}

std::string revision_of(const config::Config& settings) {
  if (!settings.policy) return load_policy(builtin_policy_text()).policy->revision();
  const auto text = commands::read_bytes(settings.policy->string());
  const LoadedPolicy loaded = text ? load_policy(*text) : LoadedPolicy();
  return loaded.policy ? loaded.policy->revision() : "";
}

}  // namespace

RunningFacts gather_running(const config::FoundConfig& settings) {
  RunningFacts facts;
  facts.revision_on_disk = revision_of(settings.config);
  facts.may_be_asked = !std::holds_alternative<std::monostate>(settings.config.admin.address);
  if (!facts.may_be_asked) return facts;
  const auto client = commands::AdminClient::find(settings);
  if (const auto* fault = std::get_if<commands::AdminFault>(&client)) {
    facts.fault = fault->text;
    return facts;
  }
  const auto asked =
      std::get<commands::AdminClient>(client).ask("GET", "/v1/status", std::chrono::seconds(5));
  if (const auto* fault = std::get_if<commands::AdminFault>(&asked)) {
    facts.fault = fault->text;
    return facts;
  }
  const auto& answer = std::get<commands::AdminAnswer>(asked);
  const auto tree = commands::tree_of(answer);
  if (answer.status != 200 || !tree) {
    facts.fault = commands::error_of(answer);
  } else {
    read_status(*tree, facts);
    const auto token = admin::token_file(settings.config.state);
    std::error_code error;
    if (fs::status(token, error).type() == fs::file_type::not_found) {
      facts.token_lost = token.string();
    }
  }
  return facts;
}

Findings check_running(const RunningFacts& facts, bool answers, const OwnCommands& own) {
  if (!facts.may_be_asked) {
    return {
        ok("gateway.status",
           "how the gateway is was not asked: the configuration says `admin: {address: none}`")};
  }
  if (!facts.fault.empty()) {
    if (!answers) return {};  // that nobody answers is said already
    return {warning("gateway.status", "the gateway does not say how it is: " + facts.fault,
                    own.line("status"))};
  }
  Findings found;
  for (const std::string& each : facts.problems) {
    found.push_back(
        problem("gateway.status", "the running gateway says: " + each, own.line("status")));
  }
  for (const std::string& each : facts.warnings) {
    found.push_back(
        warning("gateway.status", "the running gateway says: " + each, own.line("status")));
  }
  if (!facts.token_lost.empty()) {
    found.push_back(warning(
        "gateway.token",
        "`" + facts.token_lost + "` is gone: `ssmgate reload` and `sessions kill` are refused",
        "restart the gateway, which makes it anew"));
  }
  const std::string which =
      facts.policy_file.empty() ? "the built-in policy" : "the policy `" + facts.policy_file + "`";
  const std::string revision = " (revision " + facts.policy_revision.substr(0, 12) + ")";
  if (facts.policy_revision != facts.revision_on_disk) {
    found.push_back(warning(
        "gateway.policy",
        "in force is another revision of " + which + revision + " than the file on the disk is",
        own.line("reload")));
  } else if (!facts.report_days_left.empty()) {
    found.push_back(warning("gateway.policy",
                            which + revision +
                                " is in force, and refuses nothing (`mode: report`); " +
                                facts.report_days_left + " days are left",
                            "take `mode: report` out of the policy"));
  } else {
    found.push_back(ok("gateway.policy", which + revision + " is in force"));
  }
  return found;
}

}  // namespace ssmgate::doctor
