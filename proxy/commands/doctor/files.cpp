#include "commands/doctor/files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "admin/endpoint_files.hpp"
#include "auth/users.hpp"
#include "flow/listener_ends.hpp"
#include "state/audit_key.hpp"
#include "state/audit_record.hpp"
#include "tls/certificate.hpp"
#include "tls/file.hpp"
#include "tls/key_pair.hpp"

namespace ssmgate::doctor {
namespace {

namespace fs = std::filesystem;

using Kind = FileFacts::Kind;

// LIMIT: two weeks, in which a person can have a new certificate made.
constexpr std::chrono::hours kLeafSoon{14 * 24};

FileFacts look(Kind kind, const fs::path& path, std::string key, bool may_not_exist = false) {
  FileFacts facts;
  facts.kind = kind;
  facts.path = path;
  facts.key = std::move(key);
  facts.may_not_exist = may_not_exist;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    facts.error = errno;
  } else {
    facts.mode = status.st_mode;
  }
  return facts;
}

Findings check_file(const FileFacts& file, const OwnCommands& own) {
  const std::string shown = "`" + file.path.string() + "` of " + file.key;
  const std::string word = shell_word(file.path.string());
  if (file.error == ENOENT && file.may_not_exist) return {};
  if (file.error == EACCES) {
    return {warning("files.hidden", shown + " is not this user's to look at", own.as_its_user())};
  }
  if (file.error != 0) {
    return {problem("files.missing",
                    shown + " cannot be found (" + tls::system_words(file.error) +
                        "): the gateway does not start",
                    "ls -l " + word)};
  }
  const bool sticky = (file.mode & S_ISVTX) != 0;
  if (file.kind == Kind::secret && (file.mode & (S_IRWXG | S_IRWXO)) != 0) {
    return {problem("files.secret",
                    shown + " can be reached by others than its owner: " + file.comes,
                    "chmod 600 " + word)};
  }
  if ((file.mode & (S_IWGRP | S_IWOTH)) != 0 && !(file.kind == Kind::folder && sticky)) {
    return {problem("files.writable",
                    shown + " can be written by others than its owner: they decide what it says",
                    "chmod go-w " + word)};
  }
  if (file.kind == Kind::record && (file.mode & (S_IRGRP | S_IROTH)) != 0) {
    return {warning("files.record", shown + " can be read by others: it says who did what",
                    "chmod go-r " + word)};
  }
  return {};
}

Findings check_pair(const fs::path& certificate, const fs::path& key, const std::string& where,
                    tls::Clock::time_point now) {
  const auto loaded = tls::load_key_pair(certificate, key, now);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&loaded)) {
    return {problem("files.certificate", "the gateway does not start: " + fault->text,
                    "give " + where + " a certificate and its key, PEM files both")};
  }
  const auto life = tls::lifetime_of(std::get<tls::KeyPair>(loaded).chain.front().get());
  const std::string shown = "`" + certificate.string() + "` of " + where;
  const std::string end = state::render_time(life.end);
  if (life.end - now >= kLeafSoon) {
    return {ok("files.certificate", shown + " is good until " + end)};
  }
  return {warning("files.expires", shown + " ends at " + end,
                  "put a new certificate and its key in place; a running gateway takes them")};
}

// By what a listener judges its clients. A gateway starts with what has ended, and lets nobody in.
Findings check_guests(const config::ListenerTls& settings, tls::Clock::time_point now) {
  const auto terms = tls::read_terms(flow::files_of(settings));
  Findings found;
  for (const tls::Term& term : terms) {
    if (term.of == tls::Term::Of::certificate) continue;
    const std::string text = flow::describe_end(term, now);
    if (text.empty()) continue;
    const bool authority = term.of == tls::Term::Of::client_ca;
    // An old CA may be left beside the one of today.
    const bool others = authority && std::ranges::any_of(terms, [&](const tls::Term& each) {
                          return each.of == term.of && each.life.end > now;
                        });
    const std::string mend = std::string("put a new ") + (authority ? "CA" : "list") +
                             " in its place; a running gateway takes it";
    const bool ended = term.life.end <= now;
    found.push_back(ended && !others ? problem("files.expires", text, mend)
                                     : warning("files.expires", text, mend));
  }
  return found;
}

Findings check_users(const fs::path& file) {
  const auto loaded = auth::load_users(file);
  Findings found;
  if (const auto* faults = std::get_if<std::vector<std::string>>(&loaded)) {
    for (const std::string& line : *faults) {
      found.push_back(
          problem("files.users", line, "mend that line of " + shell_word(file.string())));
    }
  }
  return found;
}

// What a gateway makes in its folder; none of it need be there yet.
void look_into_state(const fs::path& state, std::vector<FileFacts>& files) {
  files.push_back(look(Kind::folder, state, "`state`", true));
  if (files.back().error != 0) return;
  files.push_back(look(Kind::folder, state / "checkpoints", "`state`", true));
  if (files.back().error == EACCES) return;
  files.push_back(look(Kind::secret, state::audit_key_file(state), "`state`", true));
  files.push_back(look(Kind::source, state::audit_public_key_file(state), "`state`", true));
  files.push_back(look(Kind::secret, state / "sessions.db", "`state`", true));
  files.push_back(look(Kind::source, admin::address_file(state), "`state`", true));
  files.push_back(look(Kind::secret, admin::token_file(state), "`state`", true));
  files.back().comes = "they can end sessions";
}

}  // namespace

std::vector<FileFacts> gather_files(const config::Config& settings,
                                    const std::string& config_file) {
  std::vector<FileFacts> files;
  if (!config_file.empty()) files.push_back(look(Kind::source, config_file, "the configuration"));
  if (settings.policy) files.push_back(look(Kind::source, *settings.policy, "`policy`"));
  files.push_back(look(Kind::secret, settings.ca_key, "`ca.key`", true));
  files.push_back(look(Kind::source, settings.ca_certificate, "`ca.certificate`", true));
  look_into_state(settings.state, files);
  if (const auto* socket = std::get_if<fs::path>(&settings.admin.address)) {
    files.push_back(look(Kind::secret, *socket, "`admin`", true));
    files.back().comes = "they see who is in what session";
  }
  if (settings.users_file)
    files.push_back(look(Kind::secret, *settings.users_file, "`users_file`"));
  for (const config::Listener& listener : settings.listen) {
    if (!listener.tls) continue;
    files.push_back(look(Kind::secret, listener.tls->key, "`listen`"));
    files.push_back(look(Kind::source, listener.tls->certificate, "`listen`"));
    if (listener.tls->client_ca)
      files.push_back(look(Kind::source, *listener.tls->client_ca, "`client_ca`"));
    if (listener.tls->crl) files.push_back(look(Kind::source, *listener.tls->crl, "`crl`"));
  }
  if (const auto& proxy = settings.upstream.proxy) {
    if (proxy->key) files.push_back(look(Kind::secret, *proxy->key, "`upstream.proxy`"));
    if (proxy->password_file) {
      files.push_back(look(Kind::secret, *proxy->password_file, "`upstream.proxy`"));
    }
  }
  for (const config::AuditSink& sink : settings.audit.sinks) {
    if (sink.type == config::AuditSink::Type::file) {
      files.push_back(look(Kind::record, sink.path, "`audit.sinks`", true));
    }
    if (sink.address.transport != config::LogAddress::Transport::tls) continue;
    files.push_back(look(Kind::source, sink.ca_file, "`audit.sinks`"));
    if (!sink.key.empty()) files.push_back(look(Kind::secret, sink.key, "`audit.sinks`"));
  }
  return files;
}

Findings check_files(const std::vector<FileFacts>& files, const OwnCommands& own) {
  Findings found;
  // Whoever runs it as another user is told once.
  std::ptrdiff_t hidden = std::ranges::count(files, EACCES, &FileFacts::error);
  const std::string others = hidden > 1 ? ", nor are " + std::to_string(hidden - 1) + " more" : "";
  for (const FileFacts& file : files) {
    if (file.error == EACCES && hidden == 0) continue;
    append(found, check_file(file, own));
    if (file.error != EACCES) continue;
    found.back().text += others;
    hidden = 0;
  }
  if (found.empty()) {
    found.push_back(ok("files.modes",
                       "keys are their owner's alone, and nobody else can write to "
                       "what the gateway believes"));
  }
  return found;
}

Findings check_listeners(const config::Config& settings, tls::Clock::time_point now) {
  Findings found;
  for (const config::Listener& listener : settings.listen) {
    if (!listener.tls) continue;
    append(found, check_pair(listener.tls->certificate, listener.tls->key, "`listen`", now));
    append(found, check_guests(*listener.tls, now));
  }
  if (const auto& proxy = settings.upstream.proxy; proxy && proxy->certificate) {
    append(found, check_pair(*proxy->certificate, *proxy->key, "`upstream.proxy`", now));
  }
  for (const config::AuditSink& sink : settings.audit.sinks) {
    if (sink.certificate.empty()) continue;
    append(found, check_pair(sink.certificate, sink.key, "`audit.sinks`", now));
  }
  if (settings.users_file) append(found, check_users(*settings.users_file));
  return found;
}

}  // namespace ssmgate::doctor
