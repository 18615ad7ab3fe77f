#include "config/reread.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "ssmgate/text/tree.hpp"

namespace ssmgate::config {
namespace fs = std::filesystem;
namespace {

// LIMIT: a file that is being written is looked at five times, 40 ms apart.
constexpr int kTries = 5;
constexpr std::chrono::milliseconds kPause{40};

ConfigFault fault(const fs::path& file, std::string_view what) {
  return ConfigFault{{file.string() + ": error: " + std::string(what)}};
}

bool is_same(const struct stat& a, const struct stat& b) noexcept {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// Blanks and comments: what is left of a file that is cut in its first lines.
bool says_nothing(std::string_view text) {
  Diagnostics faults;
  const auto tree = parse_tree(text, faults);
  return tree && faults.empty() && tree->kind == TreeNode::Kind::null;
}

// Line and column of a top-level key, or of the file's first character.
std::string place_of(const fs::path& file, std::string_view text, std::string_view key) {
  Diagnostics ignored;
  Position where;
  if (const auto tree = parse_tree(text, ignored)) {
    for (const TreeEntry& entry : tree->entries) {
      if (entry.key == key) where = entry.where;
    }
  }
  return file.string() + ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
}

}  // namespace

std::variant<ConfigFault, std::string> read_again(const fs::path& file) {
  for (int i = 0; i < kTries; ++i) {
    struct stat before {};
    struct stat after {};
    const bool there = ::stat(file.c_str(), &before) == 0;
    if (there && !S_ISREG(before.st_mode)) {
      return fault(file, "is no regular file, so it cannot be read again; restart the gateway");
    }
    auto text = read_text_file(file);
    if (!there || std::holds_alternative<ConfigFault>(text)) return text;
    if (::stat(file.c_str(), &after) == 0 && is_same(before, after)) return text;
    std::this_thread::sleep_for(kPause);
  }
  return fault(file, "is being written; reload once that is done");
}

std::variant<ConfigFault, FoundConfig> find_config_again(const std::optional<fs::path>& file,
                                                         const Config& running) {
  std::variant<ConfigFault, FoundConfig> loaded;
  std::string content;
  if (file) {
    auto text = read_again(*file);
    if (const auto* unreadable = std::get_if<ConfigFault>(&text)) return *unreadable;
    content = std::move(std::get<std::string>(text));
    if (says_nothing(content)) {
      return fault(*file, "is empty, comments aside; write `{}` if every default is meant");
    }
    loaded = load_config_text(content, *file);
  } else {
    loaded = find_config(std::nullopt);
  }
  const auto* found = std::get_if<FoundConfig>(&loaded);
  if (found == nullptr) return loaded;
  const auto fixed = [&](std::string_view key, const std::string& was) {
    return place_of(found->file.value_or("ssmgate.yaml"), content, key) + ": error: `" +
           std::string(key) + "` cannot change while the gateway runs (it was `" + was +
           "`); put it back, or restart the gateway";
  };
  ConfigFault changed;
  if (found->config.state != running.state) {
    changed.lines.push_back(fixed("state", running.state.string()));
  }
  if (found->config.admin.address != running.admin.address) {
    changed.lines.push_back(fixed("admin", render_admin_address(running.admin.address)));
  }
  if (!changed.lines.empty()) return changed;
  return loaded;
}

std::vector<fs::path> certificate_files_of(const Listener& listener) {
  if (!listener.tls) return {};
  return {listener.tls->certificate, listener.tls->key};
}

std::vector<fs::path> authority_files_of(const Listener& listener) {
  std::vector<fs::path> files;
  if (!listener.tls) return files;
  if (listener.tls->client_ca) files.push_back(*listener.tls->client_ca);
  if (listener.tls->crl) files.push_back(*listener.tls->crl);
  return files;
}

std::vector<fs::path> upstream_files_of(const Upstream& upstream) {
  std::vector<fs::path> files = {upstream.ca_file};
  if (!upstream.proxy) return files;
  const ParentProxy& proxy = *upstream.proxy;
  for (const auto* file : {&proxy.certificate, &proxy.key, &proxy.ca_file, &proxy.password_file}) {
    if (*file) files.push_back(**file);
  }
  return files;
}

std::vector<fs::path> log_server_files_of(const Audit& audit) {
  std::vector<fs::path> files;
  for (const AuditSink& sink : audit.sinks) {
    if (sink.address.transport == LogAddress::Transport::tls) files.push_back(sink.ca_file);
    if (sink.certificate.empty()) continue;
    files.push_back(sink.certificate);
    files.push_back(sink.key);
  }
  return files;
}

std::vector<fs::path> files_of(const std::optional<fs::path>& file, const Config& config) {
  std::vector<fs::path> files;
  for (const auto& some : {log_server_files_of(config.audit), upstream_files_of(config.upstream)}) {
    files.insert(files.end(), some.begin(), some.end());
  }
  // Servers are believed by the system's roots, which its packages change.
  std::erase(files, fs::path(kSystemRoots));
  for (const Listener& listener : config.listen) {
    for (const auto& some : {certificate_files_of(listener), authority_files_of(listener)}) {
      files.insert(files.end(), some.begin(), some.end());
    }
  }
  if (config.users_file) files.push_back(*config.users_file);
  if (file) files.push_back(fs::absolute(*file));
  if (config.policy) files.push_back(*config.policy);
  files.push_back(config.ca_certificate);
  files.push_back(config.ca_key);
  std::ranges::sort(files);
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

}  // namespace ssmgate::config
