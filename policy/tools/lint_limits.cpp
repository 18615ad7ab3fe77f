// One warning a door, whatever the number of rules that it goes round, and one for all operations.
//
// LIMIT: pairs of rules that are compared for one policy; beyond them nothing is said.
#include "tools/lint_limits.hpp"

#include <algorithm>
#include <array>

#include "ssmgate/names/document.hpp"
#include "ssmgate/names/glob.hpp"

namespace ssmgate::tools {
namespace {

constexpr int kMaxDoorPairs = 20'000;
constexpr std::size_t kMaxNamed = 3;
constexpr std::string_view kSsh = "AWS-StartSSHSession";
constexpr std::string_view kForward = "AWS-StartPortForwardingSession";
constexpr std::uint16_t kSshPort = 22;

class LimitLinter {
 public:
  LimitLinter(const LintContext& context, sets::RuleSets& sets, const std::set<const Rule*>& idle)
      : context_(context), sets_(sets), idle_(idle) {}

  void run() {
    const auto limited = limited_rules();
    lint_doors(limited);
    if (!limited.empty()) lint_operations(limited);
  }

 private:
  struct Door {
    std::string_view document, opens;
  };
  static constexpr std::array kDoors = {
      Door{kShellDocument, "a shell"},
      Door{kSsh, "SSH"},
      Door{kForward, "SSH by port 22"},
      Door{"AWS-StartInteractiveCommand", "any command"},
      Door{"AWS-StartNonInteractiveCommand", "any command"},
      Door{"AWS-StartNonInteractiveCommands", "any command"},
  };

  static bool says_any(const Rule& rule, std::string_view key) {
    if (key == "hosts") {
      return std::any_of(rule.hosts.begin(), rule.hosts.end(), [](const HostEntry& entry) {
        return std::holds_alternative<HostPattern::Any>(entry.pattern.form());
      });
    }
    if (key == "ports") {
      return std::any_of(rule.ports.begin(), rule.ports.end(), [](const PortEntry& entry) {
        return entry.range.low <= 1 && entry.range.high == 65535;
      });
    }
    return std::find(rule.commands.begin(), rule.commands.end(), "*") != rule.commands.end();
  }

  // Forwards to some hosts or ports only, or runs some commands only.
  static bool is_limited(const Rule& rule) {
    // The port of SSH limits nothing that SSH itself does not open, nor a shell's anything.
    const bool opens_all = std::all_of(
        rule.documents.begin(), rule.documents.end(), [](const DocumentPattern& pattern) {
          return pattern.exact_name() == kSsh || pattern.exact_name() == kShellDocument;
        });
    if (opens_all) return false;
    return (!rule.hosts.empty() && !says_any(rule, "hosts")) ||
           (!rule.ports.empty() && !says_any(rule, "ports")) ||
           (!rule.commands.empty() && !says_any(rule, "commands"));
  }

  // `cat *` is also `cat x; bash`: the node's shell reads the command.
  static bool opens_commands(const Rule& rule) {
    return std::any_of(rule.commands.begin(), rule.commands.end(),
                       [](const std::string& glob) { return glob.find('*') != std::string::npos; });
  }

  static bool opens_port(const Rule& rule, std::uint16_t port) {
    return std::any_of(rule.ports.begin(), rule.ports.end(), [port](const PortEntry& entry) {
      return entry.range.low <= port && port <= entry.range.high;
    });
  }

  static bool is_door(const Rule& rule, const Door& door) {
    if (rule.report_until) return false;
    const bool command =
        find_catalogued(door.document) != nullptr && find_catalogued(door.document)->takes_command;
    if (command && !opens_commands(rule)) return false;
    if (door.document == kForward && !opens_port(rule, kSshPort)) return false;
    return std::any_of(
        rule.documents.begin(), rule.documents.end(),
        [&](const DocumentPattern& pattern) { return pattern.covers_catalogued(door.document); });
  }

  std::vector<const Rule*> limited_rules() const {
    std::vector<const Rule*> limited;
    for (const Rule& rule : context_.policy.allow) {
      if (!rule.report_until && !idle_.contains(&rule) && is_limited(rule)) {
        limited.push_back(&rule);
      }
    }
    return limited;
  }

  void lint_doors(const std::vector<const Rule*>& limited) {
    for (const Rule& door : context_.policy.allow) {
      if (idle_.contains(&door)) continue;
      for (const Door& kind : kDoors) {
        if (is_door(door, kind) && lint_door(door, kind, limited)) break;
      }
    }
  }

  bool lint_door(const Rule& door, const Door& kind, const std::vector<const Rule*>& limited) {
    const bool shell = kind.document == kShellDocument;
    const sets::DocumentClass document{
        shell ? sets::DocumentClass::Kind::caller_owned : sets::DocumentClass::Kind::named,
        shell ? std::string() : std::string(kind.document), false};
    std::vector<const Rule*> round;
    for (const Rule* rule : limited) {
      if (rule == &door || ++pairs_ > kMaxDoorPairs) continue;
      if (sets_.opens_beside(*rule, door, document)) round.push_back(rule);
    }
    if (round.empty()) return false;
    context_.warn(door.where, "the rule " + quoted(door.id) + " opens " + std::string(kind.opens) +
                                  " to callers whom " + named(round) +
                                  " would hold to some hosts, ports or commands on the same "
                                  "targets: from there all others can be reached; give the two "
                                  "different `users` or `targets`, or accept it");
    return true;
  }

  // SOURCE: botocore's model of ssm/2014-11-06: what runs something on a node, changes what a
  // document does, or hands out access. PutParameter is not here: `{{` is refused everywhere.
  static constexpr std::array<std::string_view, 21> kOperations = {
      "SendCommand",
      "StartAutomationExecution",
      "StartChangeRequestExecution",
      "SendAutomationSignal",
      "CreateAssociation",
      "CreateAssociationBatch",
      "UpdateAssociation",
      "StartAssociationsOnce",
      "RegisterTaskWithMaintenanceWindow",
      "UpdateMaintenanceWindowTask",
      "CreateDocument",
      "UpdateDocument",
      "UpdateDocumentDefaultVersion",
      "ModifyDocumentPermission",
      "CreateActivation",
      "StartAccessRequest",
      "GetAccessToken",
      "UpdateServiceSetting",
      "ResetServiceSetting",
      "UpdateManagedInstanceRole",
      "PutResourcePolicy",
  };

  void lint_operations(const std::vector<const Rule*>& limited) {
    const Globs& denied = context_.policy.denied_operations;
    std::string open;
    for (const std::string_view operation : kOperations) {
      const bool held = std::any_of(denied.begin(), denied.end(), [&](const std::string& glob) {
        return glob_matches(glob, operation);
      });
      if (!held) open.append(open.empty() ? "" : ", ").append(operation);
    }
    if (open.empty()) return;
    const TreeNode* node = context_.root.find("operations");
    context_.warn(node != nullptr ? node->where : limited.front()->where,
                  "operations that run code or hand out access are relayed, so whoever AWS lets "
                  "call one goes round the hosts, ports or commands of " +
                      named(limited) + "; write under `operations.deny`: " + open);
  }

  const LintContext& context_;
  sets::RuleSets& sets_;
  const std::set<const Rule*>& idle_;
  int pairs_ = 0;
};

}  // namespace

std::string quoted(std::string_view text) {
  return "`" + std::string(text) + "`";
}

std::string named(const std::vector<const Rule*>& rules) {
  std::string out;
  const std::size_t shown = std::min(rules.size(), kMaxNamed);
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i > 0 && i + 1 == rules.size();
    out += (i == 0 ? "" : last ? " and " : ", ") + quoted(rules[i]->id);
  }
  if (rules.size() > shown) out += " and " + std::to_string(rules.size() - shown) + " more";
  return out;
}

void lint_limits(const LintContext& context, sets::RuleSets& sets,
                 const std::set<const Rule*>& idle) {
  LimitLinter(context, sets, idle).run();
}

}  // namespace ssmgate::tools
