#include <doctest/doctest.h>

#include "auth/password_hash.hpp"
#include "auth/users.hpp"
#include "proxy/tls/pki.hpp"

using namespace ssmgate;
using namespace ssmgate::auth;
using test::write_file;

namespace {

// All of `pw`, by libxcrypt 4.4.33.
constexpr const char* kHashes[] = {
    "$y$j9T$CaHz638AX5pvNOsf3GmPP/$OgyrLDTAZI/lDpW4Uc/WwhMSta3Xoo4P4RrMzS2ugN4",
    "$gy$j9T$MsGJIcFXyrDwL7GFQNowh1$GOMYi.3JYuhbb0Pw.kaYOBINcdwwHAQNJacSuFFjQjC",
    "$2b$05$DQgkyKPqvOC0j1XmsaRXZuK15Lu4CZOu3twWWjtmUcVhI0tQBLbuW",
    "$2y$05$ZNfb2JewLeU.qr9NL1NKC.PvE8gP88jF8W5sxEofUow19raQ7MeNm",
    "$2a$05$67BMlQ9JstGm6f8w61IUDu5E7LmXhl8Oc7eSltDZMPmiMTUR05g4u",
    "$6$AlptRwwePTtT.JK6$geOlKj5utnMBxyHLVqCnqzwEolNc8M0q/y/T.Fd42/83JnahHQaLsGSadpIpvGN5njzNew1xy0"
    "jBgYDqhoKNx/",
    "$5$XTTzgRMPJOvZOWHW$TOpZAPqSkLmvpmeM5knf/4tNqBG9APGMPoOWxe5ads8",
};
const std::string kGood = kHashes[2];

std::string errors_of(std::string_view text) {
  const LoadedUsers loaded = parse_users(text);
  std::string lines;
  for (const Diagnostic& each : loaded.diagnostics) lines += render_diagnostic("u", each) + "\n";
  CHECK((loaded.users == nullptr) == has_errors(loaded.diagnostics));
  return lines;
}

void check_error(std::string_view text, std::string_view words) {
  const std::string lines = errors_of(text);
  CAPTURE(text);
  CAPTURE(lines);
  CHECK(lines.find(words) != std::string::npos);
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 1);
}

}  // namespace

TEST_CASE("every strong hash of crypt is taken and checked") {
  for (const std::string hash : kHashes) {
    CAPTURE(hash);
    CHECK(fault_in_hash(hash).empty());
    CHECK(matches_hash("pw", hash));
    CHECK_FALSE(matches_hash("pW", hash));
    CHECK_FALSE(matches_hash("", hash));
  }
}

TEST_CASE("a users file is read") {
  const LoadedUsers loaded =
      parse_users("# team\n\nalice:" + kGood + "\n\xc3\xbcn\xc3\xaf d:" + kGood);
  REQUIRE(loaded.users != nullptr);
  CHECK(loaded.users->size() == 2);
  REQUIRE(loaded.users->find("alice") != nullptr);
  CHECK(*loaded.users->find("alice") == kGood);
  CHECK(loaded.users->find("\xc3\xbcn\xc3\xaf d") != nullptr);
  CHECK(loaded.users->find("Alice") == nullptr);
  CHECK(loaded.users->find("") == nullptr);
}

TEST_CASE("weak and broken hashes are errors at the hash") {
  check_error("alice:", "u:1:7: error: the hash of `alice` is empty");
  for (const char* weak : {"G844Atw6GQBBc", "$1$Uv79ukQr$c/9BVOXbiNnP6cLlAHQMd/",
                           "$3$$8cc19b6a8cfeac299c2871c86b38de28", "_J9..ZNA1RZMK/BK/yNI",
                           "$sha1$199665$VlMd29ntDHD9pwJMme6C$99Vd7DF7bJVDQUr4.raCaoG1aCbx",
                           "$apr1$abc$def", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="}) {
    check_error("alice:" + std::string(weak), "u:1:7: error: the hash of `alice` is weak");
  }
  check_error("alice:!" + kGood, "locked");
  check_error("alice:*", "locked");
  check_error("alice:hunter2", "is none of crypt(3)'s");
  check_error("alice:$9$x$y", "is none of crypt(3)'s");
  check_error("alice:" + kGood.substr(0, kGood.size() - 1), "is not whole");
  check_error("alice:" + kGood + ":18000:0:99999:7:::", "is not whole");
  check_error("alice: " + kGood, "is none of");
  check_error("alice:" + kGood + " ", "is not whole");
  check_error("alice:$6$salt$", "is not whole");
  // Of a line that may hold a password nothing is shown.
  CHECK(errors_of("hunter2\n").find("hunter2") == std::string::npos);
  CHECK(errors_of("alice:hunter2\n").find("hunter2") == std::string::npos);
}

TEST_CASE("names that are twice or that nobody can have are errors") {
  check_error("a:" + kGood + "\nb:" + kGood + "\na:" + kGood,
              "u:3:1: error: `a` stands twice, first on line 1");
  check_error(":" + kGood, "u:1:1: error: there is no name");
  check_error("alice\n", "has no colon");
  check_error("al\tice:" + kGood, "control");
  check_error(std::string("al\0ice:", 7) + kGood, "control");
  check_error("al\xffice:" + kGood, "UTF-8");
  check_error("al\xe2\x80\xaeice:" + kGood, "invisible");
  check_error(" alice:" + kGood, "space");
  check_error(std::string(257, 'a') + ":" + kGood, "longer than 256 bytes");
  check_error("any:" + kGood, "cannot be a user's name");
  check_error("@dba:" + kGood, "cannot be a user's name");
  check_error("al*:" + kGood, "cannot be a user's name");
  check_error(
      "\xef\xbb\xbf"
      "alice:" +
          kGood,
      "invisible");
  check_error("alice:" + kGood + "\r\n", "CR LF");
  check_error("", "u:1:1: error: the file holds no user");
  check_error("# nobody\n", "u:1:1: error: the file holds no user");
}

TEST_CASE("all errors of a file come in one go") {
  const std::string lines = errors_of("a\nb:x\nc:" + kGood + "\nc:" + kGood + "\n");
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 3);
}

TEST_CASE("the position counts code points") {
  check_error("\xc3\xbcn:x", "u:1:4: error");
}

TEST_CASE("a decoy is somebody's hash and stays the same") {
  const LoadedUsers loaded = parse_users("a:" + kGood + "\nb:" + std::string(kHashes[6]));
  REQUIRE(loaded.users != nullptr);
  for (std::size_t number : {0UL, 1UL, 2UL, ~0UL}) {
    const std::string& decoy = loaded.users->decoy(number);
    CHECK((decoy == kGood || decoy == kHashes[6]));
    CHECK(loaded.users->decoy(number) == decoy);
  }
  CHECK(loaded.users->decoy(0) != loaded.users->decoy(1));
}

TEST_CASE("a users file that others can read is refused") {
  const test::TemporaryFolder folder;
  write_file(folder / "users", "a:" + kGood + "\n", 0600);
  CHECK(std::holds_alternative<std::shared_ptr<const Users>>(load_users(folder / "users")));
  for (const unsigned mode : {0640U, 0604U, 0666U}) {
    write_file(folder / "open", "a:" + kGood + "\n", mode);
    const auto loaded = load_users(folder / "open");
    REQUIRE(std::holds_alternative<std::vector<std::string>>(loaded));
    CHECK(std::get<std::vector<std::string>>(loaded).front().find("chmod 600") !=
          std::string::npos);
    std::filesystem::remove(folder / "open");
  }
  CHECK(std::holds_alternative<std::vector<std::string>>(load_users(folder / "none")));
}
