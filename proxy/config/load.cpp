// ssmgate.yaml → Config, section by section in the order of docs/configuration.md.

#include "config/intercept.hpp"
#include "config/listeners.hpp"
#include "config/reader.hpp"
#include "config/sections.hpp"
#include "config/values.hpp"

namespace ssmgate::config {
namespace fs = std::filesystem;
namespace {

class Loader {
 public:
  Loader(Config defaults, const fs::path& folder, Diagnostics& diagnostics)
      : config_(std::move(defaults)), read_(folder, diagnostics) {}

  Config load(const TreeNode& root) {
    static const Keys kKnown = {"listen",     "policy",    "ca",     "state",
                                "egress",     "audit",     "limits", "upstream",
                                "users_file", "intercept", "admin",  "sessions"};
    if (!read_.mapping(root, "the configuration", span_of(kKnown))) {
      return config_;
    }
    if (const auto* node = root.find("users_file")) {
      if (auto path = read_.path(*node, "`users_file`")) config_.users_file = std::move(*path);
    }
    if (const auto* node = root.find("listen")) {
      config_.listen = load_listeners(*node, root.find("users_file") != nullptr, read_);
    }
    if (const auto* node = root.find("policy")) {
      if (auto path = read_.path(*node, "`policy`")) config_.policy = std::move(*path);
    }
    if (const auto* node = root.find("ca")) authority(*node);
    if (const auto* node = root.find("state")) state(*node);
    if (const auto* node = root.find("intercept")) {
      config_.intercept = load_intercept(*node, read_);
    }
    if (const auto* node = root.find("egress")) load_egress(*node, read_, config_.egress);
    if (const auto* node = root.find("upstream")) load_upstream(*node, read_, config_.upstream);
    if (const auto* node = root.find("audit")) load_audit(*node, read_, config_.audit);
    if (const auto* node = root.find("sessions")) load_sessions(*node, read_, config_.sessions);
    if (const auto* node = root.find("admin")) load_admin(*node, read_, config_.admin);
    if (const auto* node = root.find("limits")) limits(*node);
    return config_;
  }

 private:
  void authority(const TreeNode& node) {
    static const Keys kKnown = {"certificate", "key"};
    if (!read_.mapping(node, "`ca`", span_of(kKnown))) return;
    const auto* certificate = node.find("certificate");
    const auto* key = node.find("key");
    if (certificate == nullptr || key == nullptr) {
      return read_.error(node, "`ca` needs both `certificate` and `key`");
    }
    if (auto path = read_.path(*certificate, "`certificate`")) config_.ca_certificate = *path;
    if (auto path = read_.path(*key, "`key`")) config_.ca_key = *path;
    if (config_.ca_key.lexically_normal() == config_.ca_certificate.lexically_normal()) {
      read_.error(*key,
                  "`key` is the file of `certificate`, which is handed out to clients; name "
                  "two files");
    }
  }

  void state(const TreeNode& node) {
    const auto path = read_.path(node, "`state`");
    if (!path) return;
    config_.state = *path;
    config_.audit.sinks.front().path = *path / "audit.jsonl";
  }

  void limits(const TreeNode& node) {
    static const Keys kKnown = {"connections",  "connections_per_client", "header_timeout",
                                "body_timeout", "handshake_timeout",      "keepalive_timeout"};
    if (!read_.mapping(node, "`limits`", span_of(kKnown))) return;
    Limits& limits = config_.limits;
    if (const auto* count = node.find("connections")) {
      limits.connections = read_.count(*count, "`connections`").value_or(limits.connections);
    }
    if (const auto* count = node.find("connections_per_client")) {
      limits.connections_per_client =
          read_.count(*count, "`connections_per_client`").value_or(limits.connections_per_client);
    }
    read_.duration(node.find("header_timeout"), "`header_timeout`", limits.header_timeout);
    read_.duration(node.find("body_timeout"), "`body_timeout`", limits.body_timeout);
    read_.duration(node.find("handshake_timeout"), "`handshake_timeout`", limits.handshake_timeout);
    read_.duration(node.find("keepalive_timeout"), "`keepalive_timeout`", limits.keepalive_timeout);
  }

  Config config_;
  Reader read_;
};

}  // namespace

Config default_config(const Folders& folders) {
  Config config;
  Listener listener;
  listener.bind = SocketAddress{IpAddress::v4({127, 0, 0, 1}), 8877};
  config.listen.push_back(std::move(listener));
  config.ca_certificate = folders.config / "ca.pem";
  config.ca_key = folders.config / "ca.key";
  config.state = folders.state;
  config.audit.sinks.push_back(AuditSink{AuditSink::Type::file, folders.state / "audit.jsonl"});
  return config;
}

LoadedConfig load_config(std::string_view text, const fs::path& folder, const Folders& folders) {
  LoadedConfig loaded;
  Config defaults = default_config(folders);
  // The CA stands beside the configuration, wherever that is.
  defaults.ca_certificate = folder / "ca.pem";
  defaults.ca_key = folder / "ca.key";
  const auto tree = parse_tree(text, loaded.diagnostics);
  // An empty file says nothing: every default holds.
  const bool empty = tree && tree->kind == TreeNode::Kind::null && tree->scalar.empty();
  if (empty) {
    loaded.config = std::move(defaults);
  } else if (tree) {
    loaded.config = Loader(std::move(defaults), folder, loaded.diagnostics).load(*tree);
  }
  sort_diagnostics(loaded.diagnostics);
  if (has_errors(loaded.diagnostics)) loaded.config.reset();
  return loaded;
}

}  // namespace ssmgate::config
