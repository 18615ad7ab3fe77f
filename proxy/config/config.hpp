// What ssmgate.yaml says, checked and with its defaults filled in.
//
// Owns: the meaning of every key. Does not own: the YAML subset (text/) or what acts on a value.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/no_proxy.hpp"
#include "ssmgate/names/host.hpp"
#include "ssmgate/names/ip_address.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::config {

// Where Debian, Ubuntu and Alpine keep the roots that their packages bring.
inline constexpr std::string_view kSystemRoots = "/etc/ssl/certs/ca-certificates.crt";

// An address and a port, as `listen` and `upstream.resolve` have them. Port 0: any free one.
struct SocketAddress {
  IpAddress address = IpAddress::v4({127, 0, 0, 1});
  std::uint16_t port = 0;
  bool operator==(const SocketAddress&) const = default;
};

// How a listener learns who calls.
enum class Auth : std::uint8_t { none, local_user, basic, mtls };
// "none", "local-user", "basic", "mtls".
[[nodiscard]] std::string_view name(Auth auth) noexcept;

struct ListenerTls {
  std::filesystem::path certificate;
  std::filesystem::path key;
  // Given: nobody comes in without a certificate of theirs, whatever `auth` says.
  std::optional<std::filesystem::path> client_ca;
  std::optional<std::filesystem::path> crl;
  bool operator==(const ListenerTls&) const = default;
};

struct Listener {
  SocketAddress bind;
  Auth auth = Auth::none;
  std::optional<ListenerTls> tls;  // absent: plain
  std::vector<Cidr> clients;       // empty: everyone who can reach it
  bool own_user_only = false;      // no key: `run` lets in its own user, and root
  bool operator==(const Listener&) const = default;
};

// Beside SSM's own endpoints: private names of them, canonical and in lower case.
struct Intercept {
  std::vector<std::string> hosts;
  bool operator==(const Intercept&) const = default;
};

// One entry of `egress.allow` or `egress.deny`: HOST-PATTERN[:PORT], an address or a CIDR.
struct EgressEntry {
  HostPattern host;
  std::optional<std::uint16_t> port = 443;  // absent: every port
  bool operator==(const EgressEntry&) const = default;
};

struct Egress {
  enum class Default : std::uint8_t { refuse, tunnel };
  Default otherwise = Default::tunnel;
  std::vector<EgressEntry> allow;
  std::vector<EgressEntry> deny;
  // After resolution, and for the very address that is dialled.
  bool deny_loopback = true;
  bool deny_link_local = true;
  bool deny_multicast = true;
  bool deny_unspecified = true;
  bool operator==(const Egress&) const = default;
};

// The proxy that everything goes through, but for what `no_proxy` names.
struct ParentProxy {
  bool tls = false;
  std::string host;  // canonical
  std::uint16_t port = 80;
  // What the gateway shows of itself, and by which roots it judges the proxy; for `tls`.
  std::optional<std::filesystem::path> certificate;
  std::optional<std::filesystem::path> key;
  std::optional<std::filesystem::path> ca_file;  // absent: `upstream.ca_file`
  // Basic authentication. The password's file is read when the configuration is put in force.
  std::optional<std::string> username;
  std::string password;
  std::optional<std::filesystem::path> password_file;
  bool operator==(const ParentProxy&) const = default;
};

struct Upstream {
  std::filesystem::path ca_file = kSystemRoots;
  std::map<std::string, SocketAddress> resolve;  // "host:port", lower case
  std::optional<ParentProxy> proxy;
  std::vector<NoProxyEntry> no_proxy;
  std::chrono::milliseconds connect_timeout{5'000};    // name, TCP and TLS together
  std::chrono::milliseconds response_timeout{55'000};  // below the 60 s of botocore
  bool operator==(const Upstream&) const = default;
};

// Where a log server listens.
struct LogAddress {
  enum class Transport : std::uint8_t { unix_socket, udp, tcp, tls };
  Transport transport = Transport::unix_socket;
  std::filesystem::path path;  // of the Unix socket
  std::string host;            // canonical
  std::uint16_t port = 0;
  // As it is written in a configuration.
  [[nodiscard]] std::string text() const;
  bool operator==(const LogAddress&) const = default;
};
inline constexpr const char* kSyslogSocket = "/dev/log";
inline constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

struct AuditSink {
  enum class Type : std::uint8_t { file, standard_output, syslog, journald };
  enum class Format : std::uint8_t { json, ocsf };
  Type type = Type::file;
  std::filesystem::path path = {};  // of a file
  LogAddress address = {};          // of syslog and journald
  Format format = Format::json;
  std::uint8_t facility = 10;  // authpriv
  std::string app_name = "ssmgate";
  // For `tls`: whom the server has to be, and who we are to it (empty: nobody).
  std::filesystem::path ca_file = kSystemRoots;
  std::filesystem::path certificate = {};
  std::filesystem::path key = {};
  // For people: a path, `standard output`, `syslog at tls://…`.
  [[nodiscard]] std::string text() const;
  bool operator==(const AuditSink&) const = default;
};

struct Audit {
  enum class OnFailure : std::uint8_t { refuse, proceed };
  std::vector<AuditSink> sinks;
  OnFailure on_failure = OnFailure::refuse;
  bool operator==(const Audit&) const = default;
};

struct Sessions {
  enum class Resume : std::uint8_t { own, any };
  enum class OnPolicyChange : std::uint8_t { keep, revoke };
  enum class WithoutStart : std::uint8_t { refuse, allow };
  bool require_decision = true;
  Resume resume = Resume::own;
  std::chrono::milliseconds max_duration{12 * 3'600'000};
  std::uint32_t max_per_user = 20;
  OnPolicyChange on_policy_change = OnPolicyChange::keep;
  std::chrono::milliseconds attach_window{60'000};
  WithoutStart without_start = WithoutStart::refuse;
  // No key: false for a gateway that ends with its command, whose sessions nobody comes back for.
  bool stored = true;
  bool operator==(const Sessions&) const = default;
};

// Where the gateway is looked at and told to reload: loopback or a Unix socket, never the network.
struct Admin {
  // Nothing: it is not opened at all.
  using Address = std::variant<std::monostate, SocketAddress, std::filesystem::path>;
  Address address = SocketAddress{IpAddress::v4({127, 0, 0, 1}), 8878};
  // Written in the file. One that is not may be had by another gateway, and that is no error.
  bool said = false;
  bool operator==(const Admin&) const = default;
};
// As it is written under `admin.address`: "127.0.0.1:8878", "unix:/run/x.sock", "none".
[[nodiscard]] std::string render_admin_address(const Admin::Address& address);

struct Limits {
  std::uint32_t connections = 20'000;
  std::uint32_t connections_per_client = 1'000;
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds keepalive_timeout{60'000};
  bool operator==(const Limits&) const = default;
};

struct Config {
  std::vector<Listener> listen;
  std::optional<std::filesystem::path> policy;  // absent: the built-in one
  std::filesystem::path ca_certificate;
  std::filesystem::path ca_key;
  std::filesystem::path state;
  Intercept intercept;
  Egress egress;
  Upstream upstream;
  Audit audit;
  Admin admin;
  Sessions sessions;
  Limits limits;
  std::optional<std::filesystem::path> users_file;  // INVARIANT: given where a listener has `basic`
};

// Why a gateway that listens by `settings` would go on asking itself, as far as they say: what a
// name leads to is known when it is dialled.
[[nodiscard]] std::optional<std::string> find_parent_loop(const Config& settings);

// The folders of one user, from the environment (XDG Base Directory Specification).
struct Folders {
  std::filesystem::path config;  // $XDG_CONFIG_HOME/ssmgate
  std::filesystem::path state;   // $XDG_STATE_HOME/ssmgate
};
[[nodiscard]] Folders user_folders();

// The embedded default: what an absent configuration means.
[[nodiscard]] Config default_config(const Folders& folders);

struct LoadedConfig {
  std::optional<Config> config;  // absent when `diagnostics` has errors
  Diagnostics diagnostics;
};

// Loads the text of a configuration file that stands in `folder`; relative paths are relative to
// it. All errors of the file are reported in one go. A key that is known but that this version does
// not act on is an error, never ignored.
[[nodiscard]] LoadedConfig load_config(std::string_view text, const std::filesystem::path& folder,
                                       const Folders& folders);

// What was found where: for commands that take `--config FILE`.
struct FoundConfig {
  Config config;
  std::string source;                         // the file, or "the embedded default"
  std::optional<std::filesystem::path> file;  // absent: the embedded default
};
struct ConfigFault {
  std::vector<std::string> lines;  // each a whole line for standard error
};

// The configuration of `explicit_file` if given, else of the first file of the search path that
// exists ($SSMGATE_CONFIG, the user's, /etc/ssmgate/ssmgate.yaml), else the embedded default.
[[nodiscard]] std::variant<ConfigFault, FoundConfig> find_config(
    const std::optional<std::filesystem::path>& explicit_file);

// The configuration that `text` is, read from `file`.
[[nodiscard]] std::variant<ConfigFault, FoundConfig> load_config_text(
    std::string_view text, const std::filesystem::path& file);

// The whole of a file, or a line that says why not. LIMIT: kMaxFileSize.
[[nodiscard]] std::variant<ConfigFault, std::string> read_text_file(
    const std::filesystem::path& file);

}  // namespace ssmgate::config
