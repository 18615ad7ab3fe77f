// The files by which commands find the gateway.
#include "admin/endpoint_files.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

namespace ssmgate::admin {
namespace {

namespace fs = std::filesystem;

struct StateFolder {
  StateFolder() {
    std::string name = (fs::temp_directory_path() / "ssmgate-admin-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~StateFolder() { fs::remove_all(path); }
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;
  fs::path path;
};

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

mode_t mode_of(const fs::path& file) {
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

std::unique_ptr<EndpointFiles> write(const fs::path& state, std::uint16_t port) {
  auto made =
      EndpointFiles::write(state, config::SocketAddress{IpAddress::v4({127, 0, 0, 1}), port});
  REQUIRE(std::holds_alternative<std::unique_ptr<EndpointFiles>>(made));
  return std::get<std::unique_ptr<EndpointFiles>>(std::move(made));
}

}  // namespace

TEST_CASE("the token is for its user alone and another at each start") {
  const StateFolder folder;
  const fs::path state = folder.path / "below" / "state";
  std::string first;
  {
    const auto files = write(state, 8878);
    first = files->token();
    CHECK(first.size() == 64);
    CHECK(first.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(text_of(token_file(state)) == first + "\n");
    CHECK(mode_of(token_file(state)) == 0600);
    CHECK(mode_of(state) == 0700);
    CHECK(text_of(address_file(state)) == "127.0.0.1:8878\n");
  }
  CHECK_FALSE(fs::exists(token_file(state)));
  CHECK_FALSE(fs::exists(address_file(state)));
  CHECK(write(state, 8878)->token() != first);
}

TEST_CASE("a token file that others can read is replaced and not written into") {
  const StateFolder folder;
  std::ofstream(token_file(folder.path)) << "old\n";
  fs::permissions(token_file(folder.path), fs::perms(0644));
  const auto files = write(folder.path, 1);
  CHECK(mode_of(token_file(folder.path)) == 0600);
  CHECK(text_of(token_file(folder.path)) == files->token() + "\n");
}

TEST_CASE("the files of a later gateway are left alone") {
  const StateFolder folder;
  auto earlier = write(folder.path, 1);
  const auto later = write(folder.path, 2);
  earlier.reset();
  CHECK(text_of(token_file(folder.path)) == later->token() + "\n");
  CHECK(text_of(address_file(folder.path)) == "127.0.0.1:2\n");
}

TEST_CASE("a state folder that cannot be written is a fault that names the file") {
  const StateFolder folder;
  fs::create_directory(token_file(folder.path));  // in the way, for root as well
  const auto made = EndpointFiles::write(folder.path, fs::path("/run/x.sock"));
  REQUIRE(std::holds_alternative<std::string>(made));
  CHECK(std::get<std::string>(made).find("admin.token`: ") != std::string::npos);
}

}  // namespace ssmgate::admin
