#include "commands/doctor/state_folder.hpp"

#include <unistd.h>

#include <cerrno>

#include "commands/doctor/disk.hpp"
#include "commands/state_holder.hpp"
#include "state/audit_key.hpp"
#include "state/session_look.hpp"
#include "tls/file.hpp"

namespace ssmgate::doctor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSessions = "sessions.db";

// LIMIT: below 16 MiB the session store's log may not find the room that it takes at times.
constexpr std::uint64_t kLittleRoom = std::uint64_t{16} << 20U;

StateFacts::File look(const fs::path& path) {
  StateFacts::File file;
  file.exists = ::access(path.c_str(), F_OK) == 0 || errno == EACCES;
  file.hidden = file.exists && ::access(path.c_str(), R_OK) != 0;
  return file;
}

// Out of the way, with what SQLite keeps beside it: what is there then is made anew.
std::string move_away(const fs::path& path) {
  const std::string file = path.string();
  return "mv " + shell_word(file) + " " + shell_word(file + ".old") + " && rm -f " +
         shell_word(file + "-wal") + " " + shell_word(file + "-shm");
}

void read_key(const fs::path& state, StateFacts& facts) {
  std::error_code ignored;
  // A start writes a public key that is missing; a look does not.
  if (!fs::exists(state::audit_public_key_file(state), ignored)) return;
  const auto opened = state::AuditKey::load(state);
  if (const auto* fault = std::get_if<state::KeyFault>(&opened)) {
    facts.audit_key.fault = fault->text;
    return;
  }
  const auto& key = std::get<std::shared_ptr<const state::AuditKey>>(opened);
  const auto shown = state::AuditPublicKey::load(state::audit_public_key_file(state));
  const auto* public_key = std::get_if<state::AuditPublicKey>(&shown);
  facts.other_public_key = public_key == nullptr || public_key->id() != key->id();
}

// One that runs has the store to itself.
void look_at_sessions(StateFacts& facts) {
  facts.in_use = commands::find_state_holder(facts.state).has_value();
  if (facts.in_use) return;
  const auto seen = state::look_at_session_store(facts.state / kSessions);
  if (const auto* fault = std::get_if<state::StoreFault>(&seen)) {
    // One that has started meanwhile, or cannot be seen from here, changes what was being read.
    facts.in_use = state::is_store_in_use(facts.state / kSessions);
    facts.sessions.fault = fault->text;
  }
  if (const auto* none = std::get_if<state::NotLooked>(&seen)) facts.sessions.unseen = none->why;
}

Findings check_sessions(const StateFacts& facts) {
  const fs::path path = facts.state / kSessions;
  if (!facts.sessions.exists || facts.sessions.hidden) return {};
  if (facts.in_use) {
    return {ok("state.sessions",
               "the session store `" + path.string() + "` is open in the gateway that runs")};
  }
  if (!facts.sessions.unseen.empty()) {
    return {warning("state.sessions",
                    "the session store `" + path.string() +
                        "` could not be copied to look at it: " + facts.sessions.unseen,
                    "make room where temporary files go, or name another folder in TMPDIR")};
  }
  if (facts.sessions.fault.empty()) {
    return {ok("state.sessions", "the session store `" + path.string() + "` is whole")};
  }
  return {problem("state.sessions",
                  "the gateway does not start: " + facts.sessions.fault +
                      "; without it no session from before can be resumed, all else goes on",
                  move_away(path))};
}

Findings check_room(const StateFacts& facts) {
  if (!facts.exists) return {};
  const std::string shown = "`" + facts.state.string() + "` of `state`";
  const std::string word = shell_word(facts.state.string());
  const bool full = facts.error == ENOSPC || facts.error == EDQUOT;
  if (facts.error != 0 && !full) {
    return {problem(
        "state.write",
        shown + " cannot be written (" + tls::system_words(facts.error) + "): no session is opened",
        "ls -ld " + word + " && df -h " + word)};
  }
  if (full || facts.free_bytes == 0) {
    return {problem("state.full", shown + " has no room: no session is opened", "df -h " + word)};
  }
  if (facts.free_bytes >= kLittleRoom) return {};
  return {
      warning("state.room",
              shown + " has " + std::to_string(facts.free_bytes >> 10U) + " KiB left on its disk",
              "df -h " + word)};
}

Findings check_key(const StateFacts& facts) {
  const std::string file = state::audit_key_file(facts.state).string();
  const std::string shown = state::audit_public_key_file(facts.state).string();
  if (!facts.audit_key.exists || facts.audit_key.hidden) return {};
  if (!facts.audit_key.fault.empty()) {
    const std::string::size_type hint = facts.audit_key.fault.find("; ");
    return {problem(
        "state.audit-key", "the gateway does not start: " + facts.audit_key.fault.substr(0, hint),
        "chmod 600 " + shell_word(file) + " (no key: move it away, a new one is made)")};
  }
  if (facts.other_public_key) {
    return {warning("state.audit-key",
                    "`" + shown + "` is not the public half of `" + file +
                        "`: `ssmgate audit verify` takes the log for forged",
                    "mv " + shell_word(shown) + " " + shell_word(shown + ".old") +
                        " && openssl pkey -in " + shell_word(file) + " -pubout -out " +
                        shell_word(shown) + " (a gateway does so when it starts)")};
  }
  return {ok("state.audit-key", "the audit log is signed with `" + file + "`")};
}

}  // namespace

StateFacts gather_state(const config::Config& settings) {
  StateFacts facts;
  facts.state = settings.state;
  facts.state_hidden = ::access(facts.state.c_str(), X_OK) != 0 && errno == EACCES;
  if (facts.state_hidden) return facts;
  std::error_code ignored;
  facts.exists = fs::is_directory(facts.state, ignored);
  if (facts.exists) {
    facts.error = try_writing(facts.state);
    facts.free_bytes = find_free_bytes(facts.state);
  }
  facts.sessions = look(facts.state / kSessions);
  facts.audit_key = look(state::audit_key_file(facts.state));
  if (facts.sessions.exists && !facts.sessions.hidden) {
    look_at_sessions(facts);
  }
  if (facts.audit_key.exists && !facts.audit_key.hidden) read_key(facts.state, facts);
  return facts;
}

Findings check_state(const StateFacts& facts, const OwnCommands& own) {
  const bool nobodys = !facts.sessions.exists && !facts.audit_key.exists;
  const bool foreign = facts.error == EACCES && nobodys;
  if (facts.state_hidden || facts.sessions.hidden || facts.audit_key.hidden || foreign) {
    return {warning("state.hidden",
                    "what is in `" + facts.state.string() +
                        "` is not this user's to read, so it was not looked at",
                    own.as_its_user())};
  }
  Findings found = check_sessions(facts);
  append(found, check_key(facts));
  append(found, check_room(facts));
  if (!found.empty()) return found;
  return {ok("state.nothing", "nothing is kept in `" + facts.state.string() + "` yet")};
}

}  // namespace ssmgate::doctor
