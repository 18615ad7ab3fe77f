// `ssmgate diff`: what one policy file grants that another did not, and the reverse.
//
// Exit status: 0 no new grant, 1 new grants or none that is certain, 2 when a file cannot be read.
#include <memory>
#include <string>

#include "commands/command.hpp"
#include "commands/output.hpp"
#include "commands/policy_file.hpp"
#include "ssmgate/tools/diff.hpp"

namespace ssmgate::commands {
namespace {

constexpr int kGrants = 1;

struct DiffOptions {
  std::string older, newer;
  bool json = false;
};

int diff(const DiffOptions& options) {
  const auto older = open_policy(options.older);
  const auto newer = open_policy(options.newer);
  if (!older || !newer) return kUnreadable;
  const tools::Difference difference =
      tools::diff(*older, *newer, std::chrono::system_clock::now());
  const std::string out = options.json
                              ? tools::render_diff_json(difference)
                              : tools::render_diff_text(difference, options.older, options.newer);
  if (!write_output(out)) return kUnreadable;
  return difference.granted.empty() ? 0 : kGrants;
}

}  // namespace

void add_diff_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* command =
      app.add_subcommand("diff", "Show what one policy grants that another did not");
  command->add_option("OLD", options->older, "policy file before")->required();
  command->add_option("NEW", options->newer, "policy file after")->required();
  command->add_flag("--json", options->json, "print one JSON object");
  command->callback([options, &exit_status] { exit_status = diff(*options); });
}

}  // namespace ssmgate::commands
