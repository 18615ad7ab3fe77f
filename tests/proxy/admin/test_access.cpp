// Who is turned away from the admin listener.
#include "admin/access.hpp"

#include <doctest/doctest.h>

namespace ssmgate::admin {
namespace {

const std::string kToken(64, 'a');

Request asking(std::string host) {
  Request request;
  request.method = "GET";
  request.path = "/";
  request.host = std::move(host);
  return request;
}

// The status of the refusal; 200: none.
int status_of(const Request& request, Access access) {
  const auto refusal = find_refusal(request, access, kToken);
  return refusal ? refusal->status : 200;
}

}  // namespace

TEST_CASE("a host is this machine by a name that no name server has a say in") {
  for (const char* host : {"localhost", "LocalHost:8878", "127.0.0.1", "127.0.0.1:8878",
                           "127.9.9.9:1", "[::1]", "[::1]:8878"}) {
    CAPTURE(host);
    CHECK(is_loopback_host(host));
  }
  for (const char* host : {"",
                           "evil.example",
                           "evil.example:8878",
                           "localhost.evil.example",
                           "127.0.0.1.evil.example",
                           "10.0.0.1:8878",
                           "[::2]:8878",
                           "[::1",
                           "::1",
                           "[127.0.0.1]:80",
                           "127.0.0.1:",
                           "127.0.0.1:x",
                           "127.0.0.1:99999",
                           "localhost:80:80",
                           "user@localhost",
                           "[::1]8878",
                           "0.0.0.0:8878",
                           "2130706433",
                           "127.1",
                           "[::ffff:127.0.0.1]:8878"}) {
    CAPTURE(host);
    CHECK_FALSE(is_loopback_host(host));
  }
}

TEST_CASE("looking needs no token and a rebound name is refused") {
  CHECK(status_of(asking("127.0.0.1:8878"), Access::read) == 200);
  CHECK(status_of(asking("evil.example:8878"), Access::read) == 403);
}

TEST_CASE("changing needs the token to the letter") {
  Request request = asking("localhost");
  CHECK(status_of(request, Access::change) == 401);
  request.authorization = "Bearer " + kToken;
  CHECK(status_of(request, Access::change) == 200);
  for (const std::string& wrong :
       {kToken, "Basic " + kToken, "bearer " + kToken, "Bearer " + kToken + "a",
        std::string("Bearer "), "Bearer " + std::string(64, 'b'), "Bearer  " + kToken,
        "Bearer " + kToken.substr(1)}) {
    CAPTURE(wrong);
    request.authorization = wrong;
    CHECK(status_of(request, Access::change) == 401);
  }
}

TEST_CASE("a token that is given is right or nothing is answered") {
  Request request = asking("localhost");
  request.authorization = "Bearer " + std::string(64, 'b');
  CHECK(status_of(request, Access::read) == 401);
}

TEST_CASE("a listener without a token lets nobody change anything") {
  Request request = asking("localhost");
  request.authorization = "Bearer ";
  const auto refusal = find_refusal(request, Access::change, "");
  REQUIRE(refusal.has_value());
  CHECK(refusal->status == 401);
}

TEST_CASE("a page of another site may not ask even with the token") {
  Request request = asking("127.0.0.1:8878");
  request.authorization = "Bearer " + kToken;
  request.origin = "http://127.0.0.1:8878";
  CHECK(status_of(request, Access::change) == 200);
  for (const char* origin : {"https://evil.example", "null", "http://127.0.0.1:3000",
                             "https://127.0.0.1:8878", "http://localhost:8878"}) {
    CAPTURE(origin);
    request.origin = origin;
    CHECK(status_of(request, Access::change) == 403);
    CHECK(status_of(request, Access::read) == 403);
  }
}

TEST_CASE("a browser's word for another site counts but for a link that is followed") {
  Request request = asking("localhost:8878");
  for (const char* site : {"cross-site", "same-site"}) {
    request.fetch_site = site;
    request.fetch_mode = "no-cors";
    CHECK(status_of(request, Access::read) == 403);
    request.fetch_mode = "navigate";
    CHECK(status_of(request, Access::read) == 200);
    request.authorization = "Bearer " + kToken;
    CHECK(status_of(request, Access::change) == 403);
    request.authorization.clear();
  }
  request.fetch_site = "same-origin";
  request.fetch_mode = "cors";
  CHECK(status_of(request, Access::read) == 200);
}

}  // namespace ssmgate::admin
