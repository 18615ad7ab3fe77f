// The least that a proxy can do which ends TLS on both sides: what ssmgate costs beyond it is what
// judging, recording and keeping sessions cost.
//
//   bench_floor --listen 127.0.0.1:PORT --certificate PEM --key PEM --origin 127.0.0.2:443
//               --roots PEM --host NAME
//
// One thread a connection, blocking: two reads and two writes a request, and no wait between them.
// Upstream connections are verified and kept. Nothing is parsed but where a message ends; nothing
// is judged, logged or limited.
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <csignal>
#include <mutex>
#include <optional>
#include <vector>

#include "bench_socket.hpp"

namespace ssmgate::bench {
namespace {

constexpr std::string_view kOpen = "HTTP/1.1 200 Connection established\r\n\r\n";

struct Connection {
  Connection(Socket taken, Tls made) : socket(std::move(taken)), tls(std::move(made)) {
    const int on = 1;
    ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL_set_fd(tls.get(), socket.fd());
  }

  std::size_t read(std::string& message) {
    return read_message(message,
                        [this](char* data, int size) { return SSL_read(tls.get(), data, size); });
  }
  bool write(const std::string& message) {
    return SSL_write(tls.get(), message.data(), static_cast<int>(message.size())) > 0;
  }

  Socket socket;
  Tls tls;
};

class Upstreams {
 public:
  Upstreams(const std::string& origin, const std::string& roots, std::string host)
      : address_(read_address(origin)),
        host_(std::move(host)),
        context_(SSL_CTX_new(TLS_client_method())) {
    if (SSL_CTX_load_verify_locations(context_.get(), roots.c_str(), nullptr) != 1) {
      die("roots cannot be loaded");
    }
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  }

  std::optional<Connection> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Connection kept = std::move(idle_.back());
        idle_.pop_back();
        return kept;
      }
    }
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_)) {
      return std::nullopt;
    }
    Connection made(std::move(socket), Tls(SSL_new(context_.get())));
    // What SSL_set_tlsext_host_name is a macro for, with a C cast.
    SSL_ctrl(made.tls.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host_.c_str()));
    SSL_set1_host(made.tls.get(), host_.c_str());
    if (SSL_connect(made.tls.get()) != 1) return std::nullopt;
    return made;
  }
  void give_back(Connection connection) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }

 private:
  const sockaddr_in address_;
  const std::string host_;
  const TlsContext context_;
  std::mutex mutex_;
  std::vector<Connection> idle_;
};

bool answer_connect(const Socket& socket) {
  std::string head;
  const auto read_some = [&socket](char* data, int size) {
    return static_cast<int>(::recv(socket.fd(), data, static_cast<std::size_t>(size), 0));
  };
  return read_message(head, read_some) > 0 &&
         ::send(socket.fd(), kOpen.data(), kOpen.size(), MSG_NOSIGNAL) > 0;
}

// A client sends its next request when it has the answer, so a message is all that was read.
void serve(SSL_CTX* context, Socket socket, Upstreams& upstreams) {
  if (!answer_connect(socket)) return;
  Connection client(std::move(socket), Tls(SSL_new(context)));
  if (SSL_accept(client.tls.get()) != 1) return;
  auto upstream = upstreams.take();
  if (!upstream) return;
  for (;;) {
    std::string message;
    if (client.read(message) == 0) break;
    if (!upstream->write(message)) return;
    message.clear();
    if (upstream->read(message) == 0) return;
    if (!client.write(message)) break;
  }
  SSL_shutdown(client.tls.get());
  upstreams.give_back(*std::move(upstream));
}

[[noreturn]] void run(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  auto options = read_options(argc, argv);
  const TlsContext context = make_server_context(options["certificate"], options["key"]);
  SSL_CTX_set_num_tickets(context.get(), 0);  // as ssmgate: its clients resume nothing
  Upstreams upstreams(options["origin"], options["roots"], options["host"]);
  const Socket listener = listen_on(read_address(options["listen"]));
  accept_each(listener, [&](Socket socket) { serve(context.get(), std::move(socket), upstreams); });
}

}  // namespace
}  // namespace ssmgate::bench

int main(int argc, char** argv) {
  ssmgate::bench::run(argc, argv);
}
