#include "commands/admin_client.hpp"

#include <algorithm>
#include <cerrno>
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

std::variant<AdminFault, AdminClient> AdminClient::find(const config::FoundConfig& settings) {
  const config::Admin& admin = settings.config.admin;
  if (std::holds_alternative<std::monostate>(admin.address)) {
    return AdminFault{"`" + settings.source +
                      "` says `admin: {address: none}`, so a running gateway cannot be asked; "
                      "write `address: 127.0.0.1:8878` and restart it"};
  }
  const fs::path& state = settings.config.state;
  const std::string token = first_line(admin::token_file(state));
  if (auto said = parse_address(first_line(admin::address_file(state)))) {
    return AdminClient(std::move(*said), state, token);
  }
  // Another gateway may have the address that the configuration names. A `state` that this user may
  // not look into is a service's, and that has it.
  std::error_code error;
  const bool gone =
      fs::status(admin::address_file(state), error).type() == fs::file_type::not_found;
  const auto* tcp = std::get_if<config::SocketAddress>(&admin.address);
  if (gone || (tcp != nullptr && tcp->port == 0)) {
    return AdminFault{"no gateway runs with `" + settings.source + "`: there is no `" +
                      admin::address_file(state).string() +
                      "`; start one: ssmgate serve --config FILE"};
  }
  return AdminClient(admin.address, state, token);
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

std::optional<AdminClient> find_gateway(const std::optional<fs::path>& config) {
  const auto settings = find_settings(config);
  if (!settings) return std::nullopt;
  auto found = AdminClient::find(*settings);
  if (auto* client = std::get_if<AdminClient>(&found)) return std::move(*client);
  fail(std::get<AdminFault>(found).text);
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
