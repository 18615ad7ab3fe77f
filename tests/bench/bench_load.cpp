// The benchmark's client: the AWS CLI's traffic without the AWS CLI's cost.
//
//   bench_load --mode cold|warm|stream --proxy ADDRESS:PORT | --origin ADDRESS:PORT
//              --host NAME --ca PEM --connect FILE --request FILE --threads N --seconds N
//
// cold: TCP, CONNECT, a full TLS handshake, one StartSession, close. warm: one connection a thread,
// StartSession after StartSession. The peer's certificate is verified for NAME. stream: a tunnel a
// thread, without TLS, whose bytes are counted as they come and thrown away. Prints `ready`, waits
// for a line, runs, prints one line of JSON; any failure is fatal: what is counted has worked.
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "bench_socket.hpp"

namespace ssmgate::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr int kWarmUp = 20;  // requests a thread before the clock starts

struct Plan {
  bool stream = false;
  bool cold = true;
  bool through_proxy = true;
  sockaddr_in address{};
  std::string host;
  std::string connect;
  std::string request;
  std::size_t threads = 4;
  Seconds length{2};
  TlsContext context;
};

std::string load_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (text.empty()) die("cannot read " + path);
  return text;
}

void connect_host(const Plan& plan, const Socket& socket) {
  const auto sent = ::send(socket.fd(), plan.connect.data(), plan.connect.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(plan.connect.size())) die("cannot send CONNECT");
  std::string answer;  // of a stream its first bytes, too, which nobody misses
  const auto read_some = [&socket](char* data, int size) {
    return static_cast<int>(::recv(socket.fd(), data, static_cast<std::size_t>(size), 0));
  };
  if (read_message(answer, read_some) == 0 || answer.find(" 200 ") != 8) {
    die("CONNECT refused: " + answer);
  }
}

// A socket to the origin, by way of the proxy if there is one.
Socket open_way(const Plan& plan) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval patience{10, 0};
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&plan.address),
                sizeof plan.address) != 0) {
    die("cannot connect");
  }
  if (plan.through_proxy) connect_host(plan, socket);
  return socket;
}

class Connection {
 public:
  explicit Connection(const Plan& plan) : plan_(plan), socket_(open_way(plan)) { shake_hands(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { SSL_shutdown(tls_.get()); }

  void ask() {
    const int wanted = static_cast<int>(plan_.request.size());
    if (SSL_write(tls_.get(), plan_.request.data(), wanted) != wanted) die("cannot send");
    const auto read_some = [this](char* data, int size) {
      return SSL_read(tls_.get(), data, size);
    };
    const std::size_t size = read_message(buffer_, read_some);
    if (size == 0) die("no answer");
    if (!buffer_.starts_with("HTTP/1.1 200 ") || buffer_.find("\"SessionId\"") > size) {
      die("unexpected answer: " + buffer_);
    }
    buffer_.erase(0, size);
  }

 private:
  void shake_hands() {
    tls_.reset(SSL_new(plan_.context.get()));
    std::string name = plan_.host;
    SSL_ctrl(tls_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    SSL_set1_host(tls_.get(), plan_.host.c_str());
    SSL_set_fd(tls_.get(), socket_.fd());
    if (SSL_connect(tls_.get()) != 1) {
      die(std::string("handshake: ") + ERR_error_string(ERR_get_error(), nullptr));
    }
  }

  const Plan& plan_;
  Socket socket_;
  Tls tls_;
  std::string buffer_;
};

// Seconds each command took, from the first byte to the last.
std::vector<double> run_thread(const Plan& plan, std::barrier<>& start) {
  std::vector<double> taken;
  std::optional<Connection> kept;
  if (!plan.cold) {
    kept.emplace(plan);
    for (int i = 0; i < kWarmUp; ++i) kept->ask();
  }
  start.arrive_and_wait();  // all connections stand
  start.arrive_and_wait();  // go
  const auto end = Clock::now() + plan.length;
  for (auto begin = Clock::now(); begin < end;) {
    if (plan.cold) {
      Connection(plan).ask();
    } else {
      kept->ask();
    }
    const auto now = Clock::now();
    taken.push_back(Seconds(now - begin).count());
    begin = now;
  }
  return taken;
}

// How many bytes came.
double stream_thread(const Plan& plan, std::barrier<>& start) {
  constexpr double kFirst = 16.0 * 1024 * 1024;  // before the clock starts
  const Socket socket = open_way(plan);
  std::vector<char> space(256 * 1024);
  const auto take = [&] {
    const ssize_t size = ::recv(socket.fd(), space.data(), space.size(), MSG_TRUNC);
    if (size <= 0) die("the stream ended");
    return static_cast<double>(size);
  };
  for (double bytes = 0; bytes < kFirst;) bytes += take();
  start.arrive_and_wait();
  start.arrive_and_wait();
  double bytes = 0;
  for (const auto end = Clock::now() + plan.length; Clock::now() < end;) bytes += take();
  return bytes;
}

// Runs `act` on each thread, once all stand ready and somebody says so: the seconds it took, and
// what each gave.
template <class Act>
auto run_threads(const Plan& plan, const Act& act) {
  std::vector<decltype(act(plan, std::declval<std::barrier<>&>()))> results(plan.threads);
  std::barrier start(static_cast<std::ptrdiff_t>(plan.threads) + 1);
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&plan, &start, &result, &act] { result = act(plan, start); });
  }
  start.arrive_and_wait();
  // Whoever measures reads the clocks between this line and its answer.
  std::puts("ready");
  std::fflush(stdout);
  if (std::getchar() == EOF) die("nobody waits");
  start.arrive_and_wait();
  const auto begin = Clock::now();
  for (auto& thread : threads) thread.join();
  return std::pair(Seconds(Clock::now() - begin).count(), std::move(results));
}

// Nothing ends before whoever measures has read the clocks.
void wait_for_the_end() {
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}

void run_stream(const Plan& plan) {
  const auto [seconds, results] = run_threads(plan, stream_thread);
  const double bytes = std::accumulate(results.begin(), results.end(), 0.0);
  std::printf("{\"bytes\": %.0f, \"seconds\": %.6f}\n", bytes, seconds);
  wait_for_the_end();
}

void run_commands(const Plan& plan) {
  const auto [seconds, results] = run_threads(plan, run_thread);
  std::vector<double> all;
  for (const auto& result : results) all.insert(all.end(), result.begin(), result.end());
  std::sort(all.begin(), all.end());
  const auto at = [&all](double share) {
    return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))] * 1e3;
  };
  std::printf(R"({"count": %zu, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f})"
              "\n",
              all.size(), seconds, at(0.5), at(0.99));
  wait_for_the_end();
}

Plan read_plan(int argc, char** argv) {
  auto options = read_options(argc, argv);
  Plan plan;
  plan.stream = options["mode"] == "stream";
  plan.cold = options["mode"] == "cold";
  plan.through_proxy = options.contains("proxy");
  plan.address = read_address(plan.through_proxy ? options["proxy"] : options["origin"]);
  plan.host = options["host"];
  if (plan.through_proxy) plan.connect = load_file(options["connect"]);
  plan.threads = std::clamp<std::size_t>(number(options["threads"]), 1, 64);
  plan.length = std::chrono::seconds(std::clamp<std::size_t>(number(options["seconds"]), 1, 60));
  if (plan.stream) return plan;
  plan.request = load_file(options["request"]);
  plan.context.reset(SSL_CTX_new(TLS_client_method()));
  // One group and one cipher, no session kept: the measuring side should cost little.
  SSL_CTX_set1_groups_list(plan.context.get(), "X25519");
  SSL_CTX_set_ciphersuites(plan.context.get(), "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_cipher_list(plan.context.get(), "ECDHE-ECDSA-AES128-GCM-SHA256");
  SSL_CTX_set1_sigalgs_list(plan.context.get(), "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256");
  SSL_CTX_set_session_cache_mode(plan.context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(plan.context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(plan.context.get(), options["ca"].c_str(), nullptr) != 1) {
    die("cannot read " + options["ca"]);
  }
  return plan;
}

}  // namespace
}  // namespace ssmgate::bench

int main(int argc, char** argv) {
  const auto plan = ssmgate::bench::read_plan(argc, argv);
  if (plan.stream) {
    ssmgate::bench::run_stream(plan);
  } else {
    ssmgate::bench::run_commands(plan);
  }
  return 0;
}
