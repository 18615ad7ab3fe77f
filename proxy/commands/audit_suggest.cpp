// `ssmgate audit suggest`: the rules that would allow what was refused, for a person to read.
//
// Exit status: 0, 1 when some of it is not suggested (the policy says what and why), 2 when the log
// cannot be read.
#include "audit/suggest.hpp"

#include <memory>
#include <string>

#include "commands/audit.hpp"
#include "commands/output.hpp"
#include "commands/policy_file.hpp"

namespace ssmgate::commands {
namespace {

constexpr int kIncomplete = 1;

struct SuggestCommand {
  LogOptions log;
  FilterOptions filter;
  std::string policy;
  bool denied = false;
  bool any_local_port = false;
};

// What an absent document stands for is the policy's to say. False: standard error says why not.
bool learn_default_document(const SuggestCommand& options, const FoundLogs& found,
                            audit::SuggestOptions& how) {
  std::shared_ptr<const Policy> policy;
  if (!options.policy.empty()) {
    policy = open_policy(options.policy);
    if (!policy) return false;
    how.in_force = policy;
  } else if (found.settings && found.settings->config.policy) {
    policy = open_policy(found.settings->config.policy->string());
    if (!policy) return false;
  }
  if (policy) how.asked.default_document = policy->default_document();
  return true;
}

int run_suggest(const SuggestCommand& options) {
  const auto filter = options.filter.make();
  if (!filter) return kAuditUnreadable;
  const auto found = find_logs(options.log);
  if (!found) return kAuditUnreadable;
  audit::SuggestOptions how;
  how.denied = options.denied;
  how.asked.any_local_port = options.any_local_port;
  if (!learn_default_document(options, *found, how)) return kAuditUnreadable;
  const LogFiles& files = found->logs.front();
  audit::Suggester suggester(std::move(how));
  DamagedLines damaged;
  const bool read = read_log(files, [&](std::size_t file, const audit::Line& line) {
    if (!line.ended) return true;
    const auto record = line.too_long ? std::nullopt : audit::scan_record(line.text);
    if (!record) {
      damaged.add(shown_log(files[file]), line.number);
    } else if (filter->matches(*record)) {
      suggester.take(*record);
    }
    return true;
  });
  if (!read) return kAuditUnreadable;
  const audit::Suggestion made = suggester.finish(std::chrono::system_clock::now());
  if (!made.fault.empty()) return fail(made.fault, kAuditUnreadable);
  if (!write_output(made.policy)) return kAuditUnreadable;
  return damaged.report(made.left_out == 0 ? 0 : kIncomplete);
}

}  // namespace

void add_audit_suggest(CLI::App& audit, int& exit_status) {
  auto options = std::make_shared<SuggestCommand>();
  CLI::App* command = audit.add_subcommand(
      "suggest", "Write the smallest rules that would allow what was refused, to be read");
  add_log_options(*command, options->log);
  options->filter.add_to(*command);
  command
      ->add_option("--policy", options->policy,
                   "the policy in force: leave out what it allows by now")
      ->type_name("FILE");
  command->add_flag("--denied", options->denied,
                    "also what a deny rule refused; the deny rule has to go for it to pass");
  command->add_flag("--any-local-port", options->any_local_port,
                    "leave the port of the caller's own machine open");
  command->footer(
      "Exit status: 0; 1 when some of it is not suggested, which the comments explain; 2 when the\n"
      "log cannot be read.\n"
      "  ssmgate audit suggest --since 7d --user alice > suggested.yaml\n"
      "  ssmgate check suggested.yaml");
  command->callback([options, &exit_status] { exit_status = run_suggest(*options); });
}

}  // namespace ssmgate::commands
