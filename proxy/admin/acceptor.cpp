#include "admin/acceptor.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

namespace ssmgate::admin {
namespace asio = boost::asio;
namespace fs = std::filesystem;
using boost::system::error_code;
namespace {

constexpr int kBacklog = 64;

error_code last_error() {
  return {errno, boost::system::system_category()};
}

asio::ip::tcp::endpoint endpoint_of(const config::SocketAddress& wanted) {
  const auto bytes = wanted.address.bytes();
  if (wanted.address.is_v4()) {
    asio::ip::address_v4::bytes_type v4;
    std::ranges::copy(bytes, v4.begin());
    return {asio::ip::address_v4(v4), wanted.port};
  }
  asio::ip::address_v6::bytes_type v6;
  std::ranges::copy(bytes, v6.begin());
  return {asio::ip::address_v6(v6), wanted.port};
}

// True when nobody listens on the socket that stands there: a crash left it behind.
bool is_left_behind(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  asio::io_context context;
  asio::local::stream_protocol::socket probe(context);
  error_code error;
  probe.connect(asio::local::stream_protocol::endpoint(path.string()), error);
  return error == asio::error::connection_refused;
}

}  // namespace

std::variant<AcceptorFault, std::unique_ptr<Acceptor>> Acceptor::open(
    asio::io_context& context, const config::Admin::Address& wanted) {
  auto acceptor = std::make_unique<Acceptor>(context);
  error_code error;
  if (const auto* tcp = std::get_if<config::SocketAddress>(&wanted)) {
    error = acceptor->listen_on(*tcp);
  } else {
    error = acceptor->listen_on(std::get<fs::path>(wanted));
  }
  if (!error) return acceptor;
  AcceptorFault fault;
  fault.in_use = error == asio::error::address_in_use;
  fault.text = "the admin listener cannot listen on " + config::render_admin_address(wanted) +
               ": " + error.message();
  if (fault.in_use && std::holds_alternative<config::SocketAddress>(wanted)) {
    fault.text +=
        "; write a free port under `admin.address`, or port 0 for any: `admin: {address: "
        "127.0.0.1:0}`";
  }
  return fault;
}

error_code Acceptor::listen_on(const config::SocketAddress& wanted) {
  const asio::ip::tcp::endpoint endpoint = endpoint_of(wanted);
  error_code error;
  socket_.open(endpoint.protocol(), error);
  if (!error) socket_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) socket_.bind(endpoint, error);
  if (!error) socket_.listen(kBacklog, error);
  if (error) return error;
  const auto bound = socket_.local_endpoint(error);
  asio::ip::tcp::endpoint own;
  own.resize(bound.size());
  std::copy_n(static_cast<const char*>(static_cast<const void*>(bound.data())), bound.size(),
              static_cast<char*>(static_cast<void*>(own.data())));
  address_ = config::SocketAddress{wanted.address, own.port()};
  return error;
}

error_code Acceptor::listen_on(const fs::path& path) {
  const asio::local::stream_protocol::endpoint endpoint(path.string());
  if (is_left_behind(path)) ::unlink(path.c_str());
  error_code error;
  socket_.open(endpoint.protocol(), error);
  if (!error) socket_.bind(endpoint, error);
  if (error) return error;
  made_ = path;
  struct stat status {};
  // Nobody can connect before `listen`: until then the umask's mode does no harm.
  if (::chmod(path.c_str(), 0600) != 0 || ::lstat(path.c_str(), &status) != 0) return last_error();
  device_ = status.st_dev;
  inode_ = status.st_ino;
  socket_.listen(kBacklog, error);
  address_ = path;
  return error;
}

Acceptor::~Acceptor() {
  struct stat status {};
  if (made_.empty() || ::lstat(made_.c_str(), &status) != 0) return;
  if (status.st_dev == device_ && status.st_ino == inode_) ::unlink(made_.c_str());
}

}  // namespace ssmgate::admin
