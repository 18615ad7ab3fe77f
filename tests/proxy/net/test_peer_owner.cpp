// The kernel's own answers for real sockets, and answers that must not be believed.
#include <doctest/doctest.h>

#include <cstring>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>

#include "net/peer_owner.hpp"
#include "proxy/net/loop.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using net::ClientEnd;
using net::Owner;
using net::OwnerFault;

namespace {

struct Pair {
  asio::io_context io;
  Tcp::acceptor acceptor;
  Tcp::socket client{io};
  Tcp::socket server{io};
  explicit Pair(const char* address) : acceptor(io, {asio::ip::make_address(address), 0}) {
    client.connect(acceptor.local_endpoint());
    server = acceptor.accept();
  }
  // As the listener sees it.
  [[nodiscard]] ClientEnd end() const {
    return {server.remote_endpoint(), server.local_endpoint()};
  }
};

std::string fault_in(const Owner& owner) {
  const auto* fault = std::get_if<OwnerFault>(&owner);
  return fault == nullptr ? std::string() : fault->detail;
}

const ClientEnd kEnd{{asio::ip::make_address("127.0.0.1"), 40000},
                     {asio::ip::make_address("127.0.0.1"), 8877}};

// A kernel's answer about `kEnd`.
struct Answer {
  nlmsghdr header{};
  inet_diag_msg message{};

  Answer() {
    header.nlmsg_len = sizeof header + sizeof message;
    header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message.idiag_family = AF_INET;
    message.idiag_state = TCP_ESTABLISHED;
    message.idiag_uid = 1000;
    message.idiag_inode = 4711;
    message.id.idiag_sport = htons(40000);
    message.id.idiag_dport = htons(8877);
    message.id.idiag_src[0] = htonl(INADDR_LOOPBACK);
    message.id.idiag_dst[0] = htonl(INADDR_LOOPBACK);
  }
  [[nodiscard]] Owner read(std::size_t cut = 0) const {
    std::vector<unsigned char> bytes(sizeof header + sizeof message);
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + sizeof header, &message, sizeof message);
    return net::read_owner(std::span(bytes).first(bytes.size() - cut), kEnd);
  }
};

}  // namespace

TEST_CASE("the owner of a client's socket is the user who made it") {
  for (const char* address : {"127.0.0.1", "127.9.8.7", "::1"}) {
    CAPTURE(address);
    const Pair pair(address);
    const Owner owner = net::find_owner(pair.end());
    CAPTURE(fault_in(owner));
    REQUIRE(std::holds_alternative<uid_t>(owner));
    CHECK(std::get<uid_t>(owner) == ::geteuid());
  }
}

TEST_CASE("an ipv6 socket with a mapped address is found") {
  asio::io_context io;
  Tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), 0});
  Tcp::socket client(io);
  const auto port = acceptor.local_endpoint().port();
  client.connect({asio::ip::make_address("::ffff:127.0.0.1"), port});
  const Tcp::socket server = acceptor.accept();
  const Owner owner = net::find_owner({server.remote_endpoint(), server.local_endpoint()});
  CAPTURE(fault_in(owner));
  CHECK(std::holds_alternative<uid_t>(owner));
}

TEST_CASE("a socket that is closed has no owner") {
  Pair pair("127.0.0.1");
  const ClientEnd end = pair.end();
  SUBCASE("and waits for our end") {
    pair.client.close();
    wait_readable(pair.server.native_handle());
  }
  SUBCASE("and waits out its time") {
    pair.client.close();
    wait_readable(pair.server.native_handle());
    pair.server.close();
  }
  SUBCASE("and is gone") {
    pair.client.set_option(asio::socket_base::linger(true, 0));
    pair.client.close();
    pair.server.close();
  }
  const auto owner = net::find_owner(end);
  CHECK(fault_in(owner).find("closed") != std::string::npos);
  CHECK(std::get<net::OwnerFault>(owner).is_momentary());
}

TEST_CASE("an address off loopback is not asked for") {
  const asio::ip::tcp::endpoint far(asio::ip::make_address("192.0.2.1"), 1);
  CHECK(fault_in(net::find_owner({far, kEnd.peer})).find("loopback") != std::string::npos);
  CHECK(fault_in(net::find_owner({kEnd.own, far})).find("loopback") != std::string::npos);
  CHECK_FALSE(std::get<net::OwnerFault>(net::find_owner({kEnd.own, far})).is_momentary());
}

TEST_CASE("only this very connection is believed") {
  CHECK(std::get<uid_t>(Answer().read()) == 1000);
  Answer listener;
  listener.message.idiag_state = TCP_LISTEN;
  CHECK_FALSE(fault_in(listener.read()).empty());
  Answer other_port;
  other_port.message.id.idiag_sport = htons(40001);
  CHECK_FALSE(fault_in(other_port.read()).empty());
  Answer our_side;
  std::swap(our_side.message.id.idiag_sport, our_side.message.id.idiag_dport);
  CHECK_FALSE(fault_in(our_side.read()).empty());
  Answer other_address;
  other_address.message.id.idiag_dst[0] = htonl(INADDR_LOOPBACK + 1);
  CHECK_FALSE(fault_in(other_address.read()).empty());
}

TEST_CASE("a socket without an inode is not root's") {
  for (const int state : {TCP_TIME_WAIT, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_CLOSE, TCP_SYN_SENT}) {
    Answer answer;
    answer.message.idiag_state = static_cast<std::uint8_t>(state);
    CHECK_FALSE(fault_in(answer.read()).empty());
  }
  Answer orphan;
  orphan.message.idiag_uid = 0;
  orphan.message.idiag_inode = 0;
  CHECK_FALSE(fault_in(orphan.read()).empty());
}

TEST_CASE("an answer that is cut off or of another kind is a fault") {
  for (std::size_t cut = 1; cut <= sizeof(nlmsghdr) + sizeof(inet_diag_msg); ++cut) {
    CHECK_FALSE(fault_in(Answer().read(cut)).empty());
  }
  Answer other;
  other.header.nlmsg_type = NLMSG_DONE;
  CHECK_FALSE(fault_in(other.read()).empty());
  Answer error;
  error.header.nlmsg_type = NLMSG_ERROR;
  CHECK_FALSE(fault_in(error.read()).empty());
}
