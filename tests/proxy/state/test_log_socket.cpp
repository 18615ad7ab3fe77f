// What only a socket shows: a record that is too long for a datagram, and how journald gets it.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "audit_fixture.hpp"
#include "state/log_socket.hpp"

using namespace ssmgate;
using namespace ssmgate::state;

namespace {

class Bound {
 public:
  explicit Bound(const std::filesystem::path& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    std::ranges::copy(path.native(), std::begin(place.sun_path));
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&place), sizeof(place)) == 0);
  }
  // The text of the file that came with an empty datagram.
  std::string take_file() const {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    REQUIRE(::recvmsg(fd_.get(), &message, MSG_DONTWAIT) == 0);
    const cmsghdr* const header = CMSG_FIRSTHDR(&message);
    REQUIRE(header != nullptr);
    int number = -1;
    std::memcpy(&number, CMSG_DATA(header), sizeof(number));
    const OwnedFd file(number);
    const off_t size = ::lseek(file.get(), 0, SEEK_END);
    std::string text(static_cast<std::size_t>(size), '\0');
    CHECK(::pread(file.get(), text.data(), text.size(), 0) == size);
    CHECK(::pwrite(file.get(), "x", 1, 0) < 0);  // sealed
    return text;
  }

 private:
  OwnedFd fd_;
};

}  // namespace

TEST_CASE("a record that no datagram holds is too long and goes as a sealed file") {
  const Folder folder;
  config::LogAddress address;
  address.path = folder.path / "socket";
  const Bound bound(address.path);
  const auto until = LogSocket::Clock::now() + std::chrono::seconds(30);
  const auto made = LogSocket::connect(address, nullptr, until);
  REQUIRE(std::holds_alternative<std::unique_ptr<LogSocket>>(made));
  LogSocket& socket = *std::get<std::unique_ptr<LogSocket>>(made);
  CHECK_FALSE(socket.is_stream());
  const std::string record(1 << 20, 'x');
  CHECK_FALSE(socket.send(record, until));
  CHECK(socket.too_long());
  CHECK(socket.send_as_file(record, until));
  CHECK(bound.take_file() == record);
  CHECK(socket.send("short", until));
}

TEST_CASE("a server that is not there is a fault in words") {
  const Folder folder;
  config::LogAddress address;
  address.path = folder.path / "socket";
  const auto made = LogSocket::connect(address, nullptr, LogSocket::Clock::now());
  REQUIRE(std::holds_alternative<std::string>(made));
  CHECK(std::get<std::string>(made) == "it cannot be connected to: No such file or directory");
}
