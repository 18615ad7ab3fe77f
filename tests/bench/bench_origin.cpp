// The benchmark's stand-in for AWS: TLS, keep-alive, one fixed answer to StartSession.
//
//   bench_origin --listen 127.0.0.2:443 --certificate PEM --key PEM [--stream 127.0.0.2:8443]
//
// At `--stream` whoever connects gets bytes without end, and no TLS. One thread a connection,
// blocking. Prints `ready` when it listens; ends with its standard input.
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include "bench_socket.hpp"

namespace ssmgate::bench {
namespace {

// As AWS answers: the token is a few hundred characters.
std::string make_answer() {
  const std::string body =
      R"({"SessionId":"someone-0123456789abcdef0","StreamUrl":"wss://ssmmessages.us-east-1.)"
      R"(amazonaws.com/v1/data-channel/someone-0123456789abcdef0?role=publish_subscribe&)"
      R"(cell-number=AAEAAb3b","TokenValue":")" +
      std::string(640, 'A') + R"("})";
  return "HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Mon, 23 Nov 2026 17:21:20 GMT\r\n"
         "Content-Type: application/x-amz-json-1.1\r\nContent-Length: " +
         std::to_string(body.size()) +
         "\r\nConnection: keep-alive\r\nx-amzn-RequestId: 4f6c9f0e-9b0f-4a55-8a5e-0a7b3f1c2d3e"
         "\r\n\r\n" +
         body;
}

void serve(SSL_CTX* context, Socket socket, const std::string& answer) {
  const int on = 1;
  ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const Tls tls(SSL_new(context));
  SSL_set_fd(tls.get(), socket.fd());
  if (SSL_accept(tls.get()) != 1) return;
  std::string buffer;
  const auto read_some = [&tls](char* data, int size) { return SSL_read(tls.get(), data, size); };
  while (const std::size_t size = read_message(buffer, read_some)) {
    const bool known = buffer.find("AmazonSSM.StartSession") < size;
    buffer.erase(0, size);
    if (!known) break;
    if (SSL_write(tls.get(), answer.data(), static_cast<int>(answer.size())) <= 0) break;
  }
  SSL_shutdown(tls.get());
}

// Bytes until the other side has had enough.
void pour(Socket socket) {
  const std::vector<char> bytes(256 * 1024, 'x');
  while (::send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
  }
}

[[noreturn]] void run(int argc, char** argv) {
  // A proxy may hang up in the middle of an answer.
  std::signal(SIGPIPE, SIG_IGN);
  auto options = read_options(argc, argv);
  const TlsContext context = make_server_context(options["certificate"], options["key"]);
  const Socket listener = listen_on(read_address(options["listen"]));
  const std::string answer = make_answer();

  std::thread([] {
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    std::_Exit(0);
  }).detach();
  std::optional<Socket> source;
  if (options.contains("stream")) {
    source.emplace(listen_on(read_address(options["stream"])));
    std::thread([&source] { accept_each(*source, pour); }).detach();
  }
  std::puts("ready");
  std::fflush(stdout);

  accept_each(listener, [&](Socket socket) { serve(context.get(), std::move(socket), answer); });
}

}  // namespace
}  // namespace ssmgate::bench

int main(int argc, char** argv) {
  ssmgate::bench::run(argc, argv);
}
