// `ssmgate audit verify`: is the log whole, and if not, which record was the first to suffer?
//
// Exit status: 0 intact, 1 damaged, 2 when it cannot be read.
#include "audit/verify.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "audit/checkpoints.hpp"
#include "commands/audit.hpp"
#include "commands/audit_verdict.hpp"
#include "commands/output.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::commands {
namespace {

namespace fs = std::filesystem;

struct VerifyOptions {
  LogOptions log;
  std::vector<std::string> keys;
  std::string state;
  bool whole = false;
  bool json = false;
};

using Keys = std::vector<state::AuditPublicKey>;

// Whose log it is.
struct Origin {
  std::optional<fs::path> state;  // the gateway's; absent: not known
  bool named = false;             // by --state: the log is that gateway's whatever its path
  std::string unknown;            // why it is not known
};

// Nothing: standard error says why.
std::optional<Origin> find_origin(const VerifyOptions& options, const FoundLogs& found) {
  Origin origin;
  if (!options.state.empty()) {
    origin.state = options.state;
    origin.named = true;
    return origin;
  }
  if (found.settings) {
    origin.state = found.settings->config.state;
    return origin;
  }
  if (options.log.config) {
    const auto settings = find_settings(options.log.config);
    if (!settings) return std::nullopt;
    origin.state = settings->config.state;
    return origin;
  }
  // The log was named: the configuration only tells the key.
  const auto settings = config::find_config(std::nullopt);
  if (const auto* config = std::get_if<config::FoundConfig>(&settings)) {
    origin.state = config->config.state;
  } else {
    origin.unknown = "the configuration cannot be read; give the gateway's `state` with --state";
  }
  return origin;
}

// False: standard error says why not.
bool load_keys(const VerifyOptions& options, const Origin& origin, Keys& keys) {
  std::vector<fs::path> files(options.keys.begin(), options.keys.end());
  std::error_code error;
  if (origin.state &&
      (fs::exists(state::audit_public_key_file(*origin.state), error) || origin.named)) {
    files.push_back(state::audit_public_key_file(*origin.state));
  }
  for (const fs::path& file : files) {
    auto key = state::AuditPublicKey::load(file);
    if (const auto* fault = std::get_if<state::KeyFault>(&key)) {
      (void)fail(fault->text, kAuditUnreadable);
      return false;
    }
    keys.push_back(std::move(std::get<state::AuditPublicKey>(key)));
  }
  return true;
}

// The checkpoint that the log must hold, or why none is known.
struct Kept {
  std::optional<std::string> line;
  std::string unknown;
};

Kept find_kept(const Origin& origin, const LogFiles& files) {
  if (!origin.state) return {std::nullopt, origin.unknown};
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    auto line = state::read_kept_checkpoint(state::kept_checkpoint_file(*origin.state, *file));
    if (line) return {std::move(line), {}};
  }
  const fs::path folder = *origin.state / "checkpoints";
  std::vector<fs::path> all;
  std::error_code error;
  if (origin.named) {
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      all.push_back(at->path());
    }
  }
  if (all.size() == 1) {
    if (auto line = state::read_kept_checkpoint(all.front())) return {std::move(line), {}};
  }
  std::string why = all.size() > 1 ? "several are kept in " : "none that can be read is kept in ";
  why += in_backticks(folder.string()) + ", and none is for a log at this path";
  if (!origin.named) why += "; give the gateway's `state` with --state";
  return {std::nullopt, "of the last checkpoints, " + why};
}

int run_verify(const VerifyOptions& options) {
  const auto found = find_logs(options.log);
  if (!found) return kAuditUnreadable;
  const auto origin = find_origin(options, *found);
  Keys keys;
  if (!origin || !load_keys(options, *origin, keys)) return kAuditUnreadable;
  int status = 0;
  for (const LogFiles& files : found->logs) {
    audit::Verifier verifier;
    Kept kept = find_kept(*origin, files);
    audit::CheckpointCheck checkpoints(keys, std::move(kept.line));
    std::size_t begun = 0;
    const bool read = read_log(files, [&](std::size_t file, const audit::Line& line) {
      for (; begun <= file; ++begun) {
        verifier.begin_file();
        checkpoints.begin_file();
      }
      verifier.take(line);
      checkpoints.take(line);
      return true;
    });
    if (!read) {
      status = kAuditUnreadable;
      continue;
    }
    audit::ChainReport chain = verifier.finish();
    audit::CheckpointReport signatures = checkpoints.finish(chain);
    if (!signatures.end_checked && kept.unknown.empty()) {
      kept.unknown = "the last checkpoint that was kept is by no key that is known here";
    }
    const LogVerdict verdict(files, std::move(chain), std::move(signatures), options.whole,
                             std::move(kept.unknown));
    if (!write_output(options.json ? verdict.json() : verdict.text())) return kAuditUnreadable;
    if (!verdict.intact()) status = std::max(status, kAuditDamaged);
  }
  return status;
}

}  // namespace

void add_audit_verify(CLI::App& audit, int& exit_status) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* command = audit.add_subcommand(
      "verify", "Say which record was the first to be changed, removed, inserted or reordered");
  options->log.config_beside_file = true;
  add_log_options(*command, options->log);
  command->add_flag("--whole", options->whole,
                    "the log must begin with the very first record, too");
  command
      ->add_option(
          "--state", options->state,
          "The gateway's `state`: its key, and the last checkpoint that it kept, which the log "
          "must hold. Left out: the configuration's")
      ->type_name("FOLDER");
  command->add_option("--key", options->keys, "A gateway's public key (audit.pub); repeatable")
      ->allow_extra_args(false)
      ->type_name("FILE");
  command->add_flag("--json", options->json, "print one JSON object for each log");
  command->footer(
      "Exit status: 0 intact, 1 damaged, 2 when the log cannot be read.\n"
      "  ssmgate audit verify --file /var/log/ssmgate/audit.jsonl*");
  command->callback([options, &exit_status] { exit_status = run_verify(*options); });
}

}  // namespace ssmgate::commands
