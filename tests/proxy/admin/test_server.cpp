// The listener with real sockets: replies that come late, and clients that say nothing.
#include "admin/server.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <future>
#include <vector>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace ssmgate::admin {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;

constexpr std::string_view kRequest =
    "GET /late HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

class Listener {
 public:
  Listener() {
    std::string name = (fs::temp_directory_path() / "ssmgate-admin-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    auto opened = Server::open(config::SocketAddress{IpAddress::v4({127, 0, 0, 1}), 0}, folder_);
    REQUIRE(std::holds_alternative<std::unique_ptr<Server>>(opened));
    server_ = std::get<std::unique_ptr<Server>>(std::move(opened));
  }
  ~Listener() {
    server_.reset();
    fs::remove_all(folder_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  Server& server() { return *server_; }
  void close() { server_.reset(); }

  tcp::socket connect() {
    const auto& bound = std::get<config::SocketAddress>(server_->address());
    tcp::socket socket(context_);
    socket.connect({asio::ip::make_address_v4("127.0.0.1"), bound.port});
    return socket;
  }

 private:
  asio::io_context context_;
  fs::path folder_;
  std::unique_ptr<Server> server_;
};

std::string read_to_end(tcp::socket& socket) {
  std::string text;
  boost::system::error_code error;
  asio::read(socket, asio::dynamic_buffer(text), error);
  return text;
}

// Keeps what it is asked to reply with.
std::future<Reply> keep_reply(Server& server) {
  auto kept = std::make_shared<std::promise<Reply>>();
  std::future<Reply> reply = kept->get_future();
  server.router().add("GET", "/late", Access::read,
                      [kept](const Call&, Reply asked) { kept->set_value(std::move(asked)); });
  return reply;
}

}  // namespace

TEST_CASE("a reply from another thread") {
  Listener listener;
  auto kept = keep_reply(listener.server());
  listener.server().start();
  tcp::socket client = listener.connect();
  asio::write(client, asio::buffer(kRequest));
  const Reply reply = kept.get();
  reply(Answer{200, "text/plain", "late\n", {}, nullptr});
  const std::string answer = read_to_end(client);
  CHECK(answer.starts_with("HTTP/1.1 200"));
  CHECK(answer.ends_with("late\n"));
}

TEST_CASE("a reply that outlives the listener goes nowhere") {
  Listener listener;
  auto kept = keep_reply(listener.server());
  listener.server().start();
  tcp::socket client = listener.connect();
  asio::write(client, asio::buffer(kRequest));
  Reply reply = kept.get();
  listener.close();
  CHECK(read_to_end(client).empty());
  reply(Answer{});
  reply = nullptr;
}

TEST_CASE("whoever opens connections and says nothing keeps nobody out") {
  Listener listener;
  listener.server().router().answer("GET", "/late", Access::read,
                                    [](const Call&) { return Answer{}; });
  listener.server().start();
  std::vector<tcp::socket> silent;
  for (int i = 0; i < 80; ++i) silent.push_back(listener.connect());
  tcp::socket client = listener.connect();
  asio::write(client, asio::buffer(kRequest));
  CHECK(read_to_end(client).starts_with("HTTP/1.1 200"));
  // Neither does who says something else than HTTP, nor who has his answer and stays.
  std::vector<tcp::socket> answered;
  for (int i = 0; i < 80; ++i) {
    answered.push_back(listener.connect());
    asio::write(answered.back(), asio::buffer(i % 2 == 0 ? kRequest : "nonsense\r\n\r\n"));
  }
  tcp::socket another = listener.connect();
  asio::write(another, asio::buffer(kRequest));
  CHECK(read_to_end(another).starts_with("HTTP/1.1 200"));
}

TEST_CASE("the one that has been silent for longest makes room") {
  Listener listener;
  listener.server().router().answer("GET", "/late", Access::read,
                                    [](const Call&) { return Answer{}; });
  listener.server().start();
  std::vector<tcp::socket> silent;
  for (int i = 0; i < 80; ++i) silent.push_back(listener.connect());
  // The first of them made room; the last may still speak.
  CHECK(read_to_end(silent.front()).empty());
  asio::write(silent.back(), asio::buffer(kRequest));
  CHECK(read_to_end(silent.back()).starts_with("HTTP/1.1 200"));
}

}  // namespace ssmgate::admin
