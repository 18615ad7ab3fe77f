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
#include "commands/output.hpp"
#include "ssmgate/text/diagnostic.hpp"
#include "wire/refusal.hpp"

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

// One log, verified.
class LogVerdict {
 public:
  LogVerdict(const LogFiles& files, audit::ChainReport report, audit::CheckpointReport checkpoints,
             bool wants_whole)
      : files_(files), report_(std::move(report)), checkpoints_(std::move(checkpoints)) {
    if (wants_whole && report_.starts_midway && !report_.fault) {
      report_.fault =
          audit::ChainFault{audit::Damage::removed, *report_.first,
                            "the log does not begin with record 1, but names one before its first"};
    }
    // What the chain shows says more than what a signature does.
    if (!report_.fault) report_.fault = checkpoints_.fault;
  }

  [[nodiscard]] bool intact() const { return !report_.fault; }

  [[nodiscard]] std::string text() const {
    std::string out;
    if (report_.fault) {
      out += where(report_.fault->where) + ": damaged (" + std::string(kind()) +
             "): " + escape_invisible(report_.fault->text) + stamp(report_.fault->where) + '\n';
      if (report_.breaks > 1) {
        out += "  it is the first of " + std::to_string(report_.breaks) +
               " places where a line does not continue the one before\n";
      }
    }
    out += shown_log(files_.front());
    if (files_.size() > 1) out += " and " + std::to_string(files_.size() - 1) + " more";
    out += intact() ? ": intact: " : ": not intact: ";
    out += std::to_string(report_.records) + (report_.records == 1 ? " record" : " records");
    if (report_.first) {
      out += ", number " + std::to_string(report_.first->seq) + " to " +
             std::to_string(report_.last->seq) + ", " + escape_invisible(report_.first->time) +
             " to " + escape_invisible(report_.last->time);
    }
    out += '\n';
    for (const std::string& note : notes()) out += "  " + note + '\n';
    return out;
  }

  [[nodiscard]] std::string json() const {
    std::string out = "{\"status\": ";
    out += intact() ? "\"intact\"" : "\"damaged\"";
    out += ", \"files\": [";
    for (const std::string& file : files_) {
      if (&file != &files_.front()) out += ", ";
      append_text(file, out);
    }
    out += "], \"records\": " + std::to_string(report_.records);
    if (report_.first) {
      out += ", \"first\": ";
      append_place(*report_.first, out);
      out += ", \"last\": ";
      append_place(*report_.last, out);
    }
    out += ", \"breaks\": " + std::to_string(report_.breaks);
    if (report_.fault) {
      out += ", \"damage\": ";
      append_text(kind(), out);
      out += ", \"at\": ";
      append_place(report_.fault->where, out);
      out += ", \"message\": ";
      append_text(report_.fault->text, out);
    }
    out += ", \"notes\": [";
    const auto all = notes();
    for (const std::string& note : all) {
      if (&note != &all.front()) out += ", ";
      append_text(note, out);
    }
    return out + "]}\n";
  }

 private:
  static void append_text(std::string_view text, std::string& out) {
    out.append("\"").append(wire::json_escape(text)).append("\"");
  }

  void append_place(const audit::Place& place, std::string& out) const {
    out += "{\"file\": ";
    append_text(files_[place.file], out);
    out += ", \"line\": " + std::to_string(place.line);
    if (place.seq != 0) out += ", \"seq\": " + std::to_string(place.seq);
    if (!place.time.empty()) {
      out += ", \"time\": ";
      append_text(place.time, out);
    }
    out += '}';
  }

  [[nodiscard]] std::string where(const audit::Place& place) const {
    return shown_log(files_[place.file]) + ":" + std::to_string(place.line);
  }

  static std::string stamp(const audit::Place& place) {
    if (place.seq == 0) return {};
    return " (record " + std::to_string(place.seq) + ", " + escape_invisible(place.time) + ")";
  }

  [[nodiscard]] std::string_view kind() const { return audit::name(report_.fault->damage); }

  [[nodiscard]] std::vector<std::string> notes() const {
    std::vector<std::string> all;
    if (report_.records == 0) all.emplace_back("there is no record in it");
    if (report_.starts_midway && !report_.fault) {
      all.push_back("it begins with record " + std::to_string(report_.first->seq) +
                    "; name the older files as well to have them looked at");
    }
    for (const audit::Place& place : report_.torn) {
      all.push_back(where(place) +
                    " is unfinished: it is being written, or a gateway died writing it");
    }
    append_checkpoints(all);
    return all;
  }

  void append_checkpoints(std::vector<std::string>& all) const {
    const auto& [good, unknown, signed_seq, fault] = checkpoints_;
    if (good > 0 && report_.last) {
      const std::uint64_t behind =
          report_.last->seq > signed_seq ? report_.last->seq - signed_seq : 0;
      all.push_back("signed up to record " + std::to_string(signed_seq) + ", by " +
                    std::to_string(good) + (good == 1 ? " checkpoint; " : " checkpoints; ") +
                    std::to_string(behind) + " behind it");
    }
    if (unknown > 0) {
      all.push_back(std::to_string(unknown) +
                    " checkpoints were not checked: they name a key that is not here; give it with "
                    "--key");
    }
    if (good == 0 && report_.records > 0) {
      all.emplace_back(
          "no signature of a known key is in it: nothing shows that it was not written anew, or "
          "its "
          "end cut off");
    }
  }

  const LogFiles& files_;
  audit::ChainReport report_;
  audit::CheckpointReport checkpoints_;
};

using Keys = std::vector<state::AuditPublicKey>;

// The folder whose gateway wrote the log; absent: nobody said.
std::optional<fs::path> find_state(const VerifyOptions& options, const FoundLogs& found) {
  if (!options.state.empty()) return options.state;
  if (found.settings) return found.settings->config.state;
  return std::nullopt;
}

// False: standard error says why not.
bool load_keys(const VerifyOptions& options, const std::optional<fs::path>& state, Keys& keys) {
  std::vector<fs::path> files(options.keys.begin(), options.keys.end());
  std::error_code error;
  if (state &&
      (fs::exists(state::audit_public_key_file(*state), error) || !options.state.empty())) {
    files.push_back(state::audit_public_key_file(*state));
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

int run_verify(const VerifyOptions& options) {
  const auto found = find_logs(options.log);
  if (!found) return kAuditUnreadable;
  const auto state = find_state(options, *found);
  Keys keys;
  if (!load_keys(options, state, keys)) return kAuditUnreadable;
  int status = 0;
  for (const LogFiles& files : found->logs) {
    audit::Verifier verifier;
    std::optional<std::string> kept;
    if (state) {
      kept = state::read_kept_checkpoint(state::kept_checkpoint_file(*state, files.back()));
    }
    audit::CheckpointCheck checkpoints(keys, std::move(kept));
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
    const LogVerdict verdict(files, std::move(chain), std::move(signatures), options.whole);
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
  add_log_options(*command, options->log);
  command->add_flag("--whole", options->whole,
                    "the log must begin with the very first record, too");
  command
      ->add_option(
          "--state", options->state,
          "The gateway's `state`: its key, and the last checkpoint that it kept. Left out: "
          "the configuration's")
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
