// Whose turn it is to be looked up.
#include <doctest/doctest.h>

#include "net/lookup_queue.hpp"

using ssmgate::net::LookupQueue;

TEST_CASE("zones take turns and none has more than its share") {
  LookupQueue queue(2);
  CHECK_FALSE(queue.take().has_value());
  for (const char* name : {"a1.one.example", "a2.one.example", "a3.one.example", "b1.two.example",
                           "localhost", "x.b2.two.example"}) {
    queue.push(name);
  }
  CHECK(queue.take() == "a1.one.example");
  CHECK(queue.take() == "b1.two.example");
  CHECK(queue.take() == "localhost");
  CHECK(queue.take() == "a2.one.example");
  CHECK(queue.take() == "x.b2.two.example");
  CHECK_FALSE(queue.has_next());
  CHECK_FALSE(queue.take().has_value());
  queue.done("b1.two.example");
  CHECK_FALSE(queue.has_next());
  queue.done("a1.one.example");
  CHECK(queue.take() == "a3.one.example");
  queue.push("a4.one.example");
  queue.remove("a4.one.example");
  queue.done("a2.one.example");
  CHECK_FALSE(queue.has_next());
}

TEST_CASE("a zone is a name's last two labels") {
  CHECK(ssmgate::net::zone_of("a.b.example.com") == "example.com");
  CHECK(ssmgate::net::zone_of("example.com") == "example.com");
  CHECK(ssmgate::net::zone_of("localhost") == "localhost");
  CHECK(ssmgate::net::zone_of("").empty());
}
