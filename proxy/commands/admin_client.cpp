#include "commands/admin_client.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/endpoint_files.hpp"
#include "commands/output.hpp"
#include "commands/settings.hpp"
#include "commands/state_holder.hpp"
#include "config/values.hpp"
#include "ssmgate/text/json_tree.hpp"
#include "wire/response_reader.hpp"

namespace ssmgate::commands {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
// LIMIT: a status with a thousand sessions is some 500 KiB.
constexpr std::size_t kLargestAnswer = 64 * 1024 * 1024;

std::string first_line(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

std::optional<config::Admin::Address> parse_address(const std::string& line) {
  if (line.starts_with(kUnixPrefix)) return fs::path(line.substr(kUnixPrefix.size()));
  if (const auto tcp = config::parse_socket_address(line)) return *tcp;
  return std::nullopt;
}

// A socket that is closed again.
class AdminSocket {
 public:
  explicit AdminSocket(int family) : descriptor_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~AdminSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  AdminSocket(const AdminSocket&) = delete;
  AdminSocket& operator=(const AdminSocket&) = delete;
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

int family_of(const config::Admin::Address& address) {
  const auto* tcp = std::get_if<config::SocketAddress>(&address);
  if (tcp == nullptr) return AF_UNIX;
  return tcp->address.is_v4() ? AF_INET : AF_INET6;
}

template <typename Peer>
bool connect_peer(int descriptor, const Peer& peer) {
  return ::connect(descriptor, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0;
}

void say_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::fprintf(stderr, "%s\n", line.c_str());
}

bool connect_to(int descriptor, const config::Admin::Address& address) {
  if (const auto* path = std::get_if<fs::path>(&address)) {
    sockaddr_un peer{};
    peer.sun_family = AF_UNIX;
    if (path->native().size() >= sizeof peer.sun_path) return false;
    std::ranges::copy(path->native(), static_cast<char*>(peer.sun_path));
    return connect_peer(descriptor, peer);
  }
  const auto& tcp = std::get<config::SocketAddress>(address);
  const auto bytes = tcp.address.bytes();
  if (tcp.address.is_v4()) {
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(tcp.port);
    std::ranges::copy(bytes, reinterpret_cast<unsigned char*>(&peer.sin_addr));
    return connect_peer(descriptor, peer);
  }
  sockaddr_in6 peer{};
  peer.sin6_family = AF_INET6;
  peer.sin6_port = htons(tcp.port);
  std::ranges::copy(bytes, reinterpret_cast<unsigned char*>(&peer.sin6_addr));
  return connect_peer(descriptor, peer);
}

bool send_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

// False with errno: 0 when the other side ended too early, EPROTO when it speaks something else.
bool read_answer(int descriptor, wire::ResponseReader& reader) {
  using State = wire::ResponseReader::State;
  char buffer[16 * 1024];
  while (reader.state() != State::done) {
    const ssize_t size = ::recv(descriptor, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    errno = 0;
    if (size == 0) reader.consume_end();
    if (size == 0) return reader.state() == State::done;
    static_cast<void>(reader.consume({buffer, static_cast<std::size_t>(size)}));
    if (reader.state() != State::failed) continue;
    errno = EPROTO;
    return false;
  }
  return true;
}

}  // namespace

std::variant<AdminFault, AdminClient> AdminClient::find(const config::AdminPlace& place) {
  const fs::path& state = place.state;
  const std::string token = first_line(admin::token_file(state));
  if (auto said = parse_address(first_line(admin::address_file(state)))) {
    return AdminClient(std::move(*said), state, token);
  }
  // Another gateway may have the address that the configuration names. A `state` that this user may
  // not look into is a service's, and that has it.
  std::error_code error;
  const bool gone =
      fs::status(admin::address_file(state), error).type() == fs::file_type::not_found;
  const auto* tcp = std::get_if<config::SocketAddress>(&place.admin.address);
  if (std::holds_alternative<std::monostate>(place.admin.address)) {
    return AdminFault{"`" + place.source +
                      "` says `admin: {address: none}`, so a running gateway cannot be asked; "
                      "write `address: 127.0.0.1:0` and restart it"};
  }
  if (!gone && !(tcp != nullptr && tcp->port == 0)) {
    return AdminClient(place.admin.address, state, token);
  }
  if (const auto process = find_state_holder(state)) {
    return AdminFault{"process " + std::to_string(*process) + " runs with `" + state.string() +
                      "`, but without an admin listener, so it cannot be asked; write `admin: "
                      "{address: 127.0.0.1:0}` and restart it"};
  }
  return AdminFault{"no gateway runs with the state in `" + state.string() + "` (" + place.source +
                    "): there is no `" + admin::address_file(state).string() +
                    "`; name the folder of one that runs with --state, or start one: ssmgate "
                    "serve --config FILE"};
}

std::variant<AdminFault, AdminClient> AdminClient::find(const config::FoundConfig& settings) {
  return find({settings.config.state, settings.config.admin, settings.source, {}});
}

std::variant<AdminFault, AdminAnswer> AdminClient::ask(std::string_view method,
                                                       std::string_view target,
                                                       std::chrono::seconds limit) const {
  const AdminSocket socket(family_of(address_));
  const timeval patience{limit.count(), 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (!connect_to(socket.get(), address_)) {
    return AdminFault{"no gateway answers on " + address() + ": " + std::strerror(errno) +
                      "; start one with `ssmgate serve`, or name its configuration with --config"};
  }
  std::string request = std::string(method) + " " + std::string(target) +
                        " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n";
  if (!token_.empty()) request += "Authorization: Bearer " + token_ + "\r\n";
  wire::ResponseReader reader;
  reader.keep_body(kLargestAnswer);
  if (!send_all(socket.get(), request + "\r\n") || !read_answer(socket.get(), reader)) {
    const std::string why = errno == 0        ? "it hung up"
                            : errno == EAGAIN ? "nothing came in time"
                                              : std::strerror(errno);
    return AdminFault{"the gateway on " + address() + " did not answer: " + why};
  }
  AdminAnswer answer{reader.status(), reader.body()};
  if (answer.status != 401) return answer;
  const fs::path file = admin::token_file(state_);
  return AdminFault{token_.empty()
                        ? "the gateway on " + address() + " wants the token of `" + file.string() +
                              "`, which cannot be read; ask as the user that it runs as"
                        : "what answers on " + address() + " does not know the token of `" +
                              file.string() +
                              "`: it is another gateway; name its configuration with --config"};
}

void add_gateway_options(CLI::App& command, GatewayName& name) {
  add_config_option(command, name.config, "The running gateway's configuration file");
  command
      .add_option_function<std::string>(
          "--state", [&name](const std::string& folder) { name.state = folder; },
          "Instead of --config: the folder that the running gateway has as its `state`")
      ->type_name("FOLDER");
}

std::optional<AdminClient> find_gateway(const GatewayName& name) {
  config::AdminPlace place;
  if (name.state && name.config) {
    fail("write one of `--config` and `--state`: either says which gateway is meant");
    return std::nullopt;
  }
  if (name.state && name.state->empty()) {
    fail("the name of the folder behind `--state` is empty; is a variable unset?");
    return std::nullopt;
  }
  if (name.state) {
    place.state = *name.state;
    place.source = "--state";
  } else {
    auto found = config::find_admin_place(name.config);
    if (const auto* fault = std::get_if<config::ConfigFault>(&found)) {
      say_lines(fault->lines);
      fail(
          "so it is not known which gateway is meant; name the folder of its state: --state "
          "FOLDER");
      return std::nullopt;
    }
    place = std::move(std::get<config::AdminPlace>(found));
  }
  if (!place.faults.empty()) {
    say_lines(place.faults);
    std::fprintf(stderr,
                 "ssmgate: warning: %s has errors; asked is the gateway with the state in `%s`\n",
                 place.source.c_str(), place.state.c_str());
  }
  auto client = AdminClient::find(place);
  if (auto* found = std::get_if<AdminClient>(&client)) return std::move(*found);
  fail(std::get<AdminFault>(client).text);
  return std::nullopt;
}

std::optional<TreeNode> tree_of(const AdminAnswer& answer) {
  Diagnostics ignored;
  auto tree = parse_json_tree(answer.body, ignored);
  if (!tree || tree->kind != TreeNode::Kind::mapping) return std::nullopt;
  return tree;
}

std::string error_of(const AdminAnswer& answer) {
  const auto tree = tree_of(answer);
  const TreeNode* error = tree ? tree->find("error") : nullptr;
  return error != nullptr && error->is_scalar() ? escape_invisible(error->scalar)
                                                : "status " + std::to_string(answer.status);
}

}  // namespace ssmgate::commands
