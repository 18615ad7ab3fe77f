// Dialling real loopback sockets: refused, silent, denied, and answered.
#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/socket_base.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "net/dialer.hpp"
#include "proxy/net/loop.hpp"

using namespace ssmgate::test;
using namespace std::chrono_literals;
using ssmgate::Code;
using ssmgate::net::AddressFilter;
using ssmgate::net::Dial;
namespace net = ssmgate::net;
using ssmgate::net::Dialer;
using ssmgate::net::DialFault;
using ssmgate::net::DialOptions;
using ssmgate::net::Resolution;
using ssmgate::net::Resolver;
using SteadyClock = std::chrono::steady_clock;

namespace {

std::vector<asio::ip::address> addresses(std::initializer_list<const char*> texts) {
  std::vector<asio::ip::address> made;
  for (const char* text : texts) made.push_back(asio::ip::make_address(text));
  return made;
}

Tcp::socket& dialled(const Dial& dial) {
  return net::socket_of(*std::get<net::StreamPtr>(dial));
}

struct Fixture {
  asio::io_context io;
  Resolver resolver;
  DialOptions options;

  explicit Fixture(std::vector<asio::ip::address> found = {})
      : resolver(
            1,
            [found](const std::string& host) {
              Resolution answer;
              answer.addresses = found;
              if (host == "bad.example") answer.error = asio::error::host_not_found;
              return answer;
            },
            &SteadyClock::now) {}

  Dial dial(const std::string& host, std::uint16_t port, AddressFilter denied = nullptr) {
    Dialer dialer(resolver, options);
    return run(io, dialer.dial(host, port, std::move(denied),
                               SteadyClock::now() + options.connect_timeout));
  }
  DialFault fault(const std::string& host, std::uint16_t port, AddressFilter denied = nullptr) {
    Dial dial_result = dial(host, port, std::move(denied));
    REQUIRE(std::holds_alternative<DialFault>(dial_result));
    return std::get<DialFault>(dial_result);
  }
};

// A port on which nobody listens: held by a socket that is bound and no more.
struct ClosedPort {
  asio::io_context io;
  Tcp::socket socket{io};
  explicit ClosedPort(const char* address = "127.0.0.1") {
    const Tcp::endpoint endpoint(asio::ip::make_address(address), 0);
    socket.open(endpoint.protocol());
    socket.bind(endpoint);
  }
  [[nodiscard]] std::uint16_t port() const { return socket.local_endpoint().port(); }
};

// A listener whose queue is full: the kernel drops what else comes, as a black hole does.
struct SilentPort {
  asio::io_context io;
  Tcp::acceptor acceptor{io};
  std::vector<Tcp::socket> fill;
  explicit SilentPort(const char* address = "127.0.0.1", std::uint16_t port = 0) {
    const Tcp::endpoint endpoint(asio::ip::make_address(address), port);
    acceptor.open(endpoint.protocol());
    acceptor.bind(endpoint);
    acceptor.listen(0);
    for (int i = 0; i < 8; ++i) {
      fill.emplace_back(io, endpoint.protocol());
      fill.back().native_non_blocking(true);
      // Asio's own connect would wait for the answer.
      const Tcp::endpoint to = acceptor.local_endpoint();
      (void)::connect(fill.back().native_handle(), to.data(), static_cast<socklen_t>(to.size()));
    }
  }
  // From here on it answers: the kernel of whoever dials asks again after a second.
  void make_room() {
    for (Tcp::socket& each : fill) each.close();
    acceptor.non_blocking(true);
    boost::system::error_code error;
    while (!error) (void)acceptor.accept(error);
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor.local_endpoint().port(); }
};

struct Listener {
  asio::io_context io;
  Tcp::acceptor acceptor;
  explicit Listener(const char* address = "127.0.0.1", std::uint16_t port = 0)
      : acceptor(io, Tcp::endpoint(asio::ip::make_address(address), port)) {}
  [[nodiscard]] std::uint16_t port() const { return acceptor.local_endpoint().port(); }
};

// A listener at 127.0.0.1, and silent ones at the others, all of one port. Where some other program
// has it at one of them, all take another.
struct AmongSilent {
  std::optional<Listener> listener;
  std::vector<std::unique_ptr<SilentPort>> silent;
  explicit AmongSilent(const std::vector<const char*>& others) {
    constexpr int kAttempts = 20;
    for (int attempt = 1; silent.size() < others.size(); ++attempt) {
      silent.clear();
      listener.emplace("127.0.0.1");
      try {
        for (const char* address : others) {
          silent.push_back(std::make_unique<SilentPort>(address, listener->port()));
        }
      } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::address_in_use || attempt == kAttempts) throw;
      }
    }
  }
  [[nodiscard]] std::uint16_t port() const { return listener->port(); }
};

}  // namespace

TEST_CASE("a name without an address is told as such") {
  Fixture f;
  const DialFault fault = f.fault("bad.example", 443);
  CHECK(fault.code == Code::upstream_name);
  CHECK(fault.detail == "looking up `bad.example`: no such name");
}

TEST_CASE("a name server that is silent is told as such") {
  asio::io_context io;
  auto gate = std::make_shared<std::mutex>();
  const std::unique_lock closed(*gate);
  Resolver resolver(
      1,
      [gate](const std::string&) {
        const std::scoped_lock wait(*gate);
        return Resolution();
      },
      &SteadyClock::now);
  DialOptions options;
  options.connect_timeout = 30ms;
  Dialer dialer(resolver, options);
  const Dial dial =
      run(io, dialer.dial("a.example", 443, nullptr, SteadyClock::now() + options.connect_timeout));
  REQUIRE(std::holds_alternative<DialFault>(dial));
  CHECK(std::get<DialFault>(dial).code == Code::upstream_name);
  CHECK(std::get<DialFault>(dial).detail == "looking up `a.example` took longer than 30 ms");
}

// UBSan looks at an object's memory through a pipe, and takes the want of one for a fault.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("a want of descriptors is the gateway's own") {
  Fixture f;
  const Listener listener;
  // What the loop itself needs is there from then on.
  REQUIRE(std::holds_alternative<net::StreamPtr>(f.dial("127.0.0.1", listener.port())));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = ::dup(0);
  REQUIRE(next >= 0);
  ::close(next);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const DialFault fault = f.fault("127.0.0.1", listener.port());
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(fault.code == Code::over_limit);
  CHECK(fault.detail.find("too many open files") != std::string::npos);
  CHECK(std::holds_alternative<net::StreamPtr>(f.dial("127.0.0.1", listener.port())));
}
#endif

TEST_CASE("a refused connection names the address") {
  Fixture f;
  const ClosedPort closed;
  const DialFault fault = f.fault("127.0.0.1", closed.port());
  CHECK(fault.code == Code::upstream_refused);
  CHECK(fault.detail == "127.0.0.1:" + std::to_string(closed.port()) + ": connection refused");
}

TEST_CASE("a silent address is a time-out within the deadline") {
  Fixture f;
  f.options.connect_timeout = 60ms;
  const SilentPort silent;
  const auto before = SteadyClock::now();
  const DialFault fault = f.fault("127.0.0.1", silent.port());
  CHECK(SteadyClock::now() - before < 5s);
  CHECK(fault.code == Code::upstream_timeout);
  CHECK(fault.detail == "127.0.0.1:" + std::to_string(silent.port()) + ": no answer in time");
}

// Elsewhere an answer takes its time; on loopback alone it is there when connect(2) returns.
TEST_CASE("an answer that comes later is waited for") {
  Fixture f;
  SilentPort silent;
  Dialer dialer(f.resolver, f.options);
  const auto dialling = start(
      f.io, dialer.dial("127.0.0.1", silent.port(), AddressFilter(), SteadyClock::now() + 20s));
  settle(f.io);
  CHECK_FALSE(dialling->has_value());
  SUBCASE("when there is room for it") {
    silent.make_room();
    run_until(f.io, [&dialling] { return dialling->has_value(); });
    REQUIRE(std::holds_alternative<net::StreamPtr>(**dialling));
    CHECK(dialled(**dialling).remote_endpoint() == silent.acceptor.local_endpoint());
  }
  SUBCASE("when nobody listens any more") {
    silent.acceptor.close();
    run_until(f.io, [&dialling] { return dialling->has_value(); });
    REQUIRE(std::holds_alternative<DialFault>(**dialling));
    CHECK(std::get<DialFault>(**dialling).code == Code::upstream_refused);
  }
}

TEST_CASE("every address that failed is named up to four") {
  Fixture f(
      addresses({"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6"}));
  const ClosedPort closed;
  const DialFault fault = f.fault("a.example", closed.port());
  CHECK(fault.code == Code::upstream_refused);
  CHECK(fault.detail.find("127.0.0.4:") != std::string::npos);
  CHECK(fault.detail.find("127.0.0.5:") == std::string::npos);
  CHECK(fault.detail.ends_with(" and 2 more"));
}

TEST_CASE("where every address is denied nothing is dialled") {
  Fixture f(addresses({"127.0.0.1", "127.0.0.2"}));
  const Listener listener;
  const auto denied = [](const Tcp::endpoint& endpoint) {
    return endpoint.address().is_loopback();
  };
  for (const char* host : {"a.example", "127.0.0.1", "::1"}) {
    const DialFault fault = f.fault(host, listener.port(), denied);
    CHECK(fault.code == Code::egress);
    CHECK(fault.detail.find(host) != std::string::npos);
  }
}

TEST_CASE("an address in IPv6 clothes is denied as what it is") {
  Fixture f(addresses({"::ffff:127.0.0.1"}));
  const Listener listener;
  const auto denied = [](const Tcp::endpoint& endpoint) {
    return endpoint.address().is_loopback();
  };
  CHECK(f.fault("a.example", listener.port(), denied).code == Code::egress);
  CHECK(f.fault("::ffff:127.0.0.1", listener.port(), denied).code == Code::egress);
}

TEST_CASE("an address that was given instead of the name is asked about too") {
  Fixture f;
  const Listener listener;
  f.options.resolve["a.example:443"] = listener.acceptor.local_endpoint();
  const auto denied = [](const Tcp::endpoint& endpoint) {
    return endpoint.address().is_loopback();
  };
  CHECK(f.fault("a.example", 443, denied).code == Code::egress);
}

TEST_CASE("a denied address is passed over and the next one dialled") {
  Fixture f(addresses({"127.0.0.2", "127.0.0.1"}));
  const Listener listener("0.0.0.0");
  Dial dial = f.dial("a.example", listener.port(), [](const Tcp::endpoint& endpoint) {
    return endpoint.address() == asio::ip::make_address("127.0.0.2");
  });
  REQUIRE(std::holds_alternative<net::StreamPtr>(dial));
  CHECK(dialled(dial).remote_endpoint().address().to_string() == "127.0.0.1");
}

TEST_CASE("the address that was given is dialled for that port alone") {
  Fixture f;
  const Listener listener;
  f.options.resolve["a.example:443"] = listener.acceptor.local_endpoint();
  Dial dial = f.dial("a.example", 443);
  REQUIRE(std::holds_alternative<net::StreamPtr>(dial));
  CHECK(dialled(dial).remote_endpoint() == listener.acceptor.local_endpoint());
  CHECK(std::holds_alternative<DialFault>(f.dial("bad.example", 444)));
}

TEST_CASE("after an address that refuses the next one is tried") {
  Fixture f(addresses({"127.0.0.2", "127.0.0.1"}));
  const Listener listener("127.0.0.1");
  Dial dial = f.dial("a.example", listener.port());
  REQUIRE(std::holds_alternative<net::StreamPtr>(dial));
  CHECK(dialled(dial).remote_endpoint().address().to_string() == "127.0.0.1");
}

TEST_CASE("a silent first address leaves time for the second") {
  Fixture f(addresses({"127.0.0.2", "127.0.0.1"}));
  const AmongSilent listener({"127.0.0.2"});
  f.options.connect_timeout = 600ms;
  Dial dial = f.dial("a.example", listener.port());
  CHECK(std::holds_alternative<net::StreamPtr>(dial));
}

TEST_CASE("an address that comes out elsewhere is denied as where it comes out") {
  Fixture f(addresses({"0.0.0.0"}));
  const Listener listener;
  const auto denied = [](const Tcp::endpoint& endpoint) {
    return endpoint.address().is_loopback();
  };
  CHECK(f.fault("a.example", listener.port(), denied).code == Code::egress);
}

TEST_CASE("many silent addresses do not hold up the one that answers") {
  Fixture f(addresses({"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1"}));
  const AmongSilent listener({"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"});
  f.options.connect_timeout = 5s;
  const auto before = SteadyClock::now();
  const Dial dial = f.dial("a.example", listener.port());
  REQUIRE(std::holds_alternative<net::StreamPtr>(dial));
  // Four waits of 250 ms, not four shares of a second.
  CHECK(SteadyClock::now() - before < 3s);
}

TEST_CASE("a dialled socket sends at once and notices a dead peer") {
  Fixture f;
  const Listener listener;
  Dial dial = f.dial("127.0.0.1", listener.port());
  REQUIRE(std::holds_alternative<net::StreamPtr>(dial));
  Tcp::no_delay no_delay;
  asio::socket_base::keep_alive keep_alive;
  dialled(dial).get_option(no_delay);
  dialled(dial).get_option(keep_alive);
  CHECK(no_delay.value());
  CHECK(keep_alive.value());
}

TEST_CASE("no descriptor is left behind however a dial ends") {
  Fixture f(addresses({"127.0.0.2", "127.0.0.1"}));
  const Listener listener("127.0.0.1");
  const SilentPort silent;
  f.options.connect_timeout = 20ms;
  (void)f.dial("a.example", listener.port());
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 5; ++i) {
    (void)f.dial("a.example", listener.port());
    (void)f.dial("127.0.0.1", silent.port());
    (void)f.dial("bad.example", 1);
  }
  CHECK(open_descriptors() == before);
}
