// Ports and targets: one spelling each.
#include <doctest/doctest.h>

#include "ssmgate/names/port.hpp"
#include "ssmgate/names/target.hpp"

using namespace ssmgate;
using namespace std::string_view_literals;

TEST_CASE("ports that Go would take and this does not") {
  for (const std::string_view text :
       {""sv,      "022"sv,    "+22"sv,        "-22"sv,   "ssh"sv,
        "0x16"sv,  " 22"sv,    "22 "sv,        "22-30"sv, "65536"sv,
        "99999"sv, "100000"sv, "4294967318"sv, "22\0"sv,  "2\n"sv,
        "2.2"sv,   "2e1"sv,    "00"sv,         "0022"sv,  "\xEF\xBC\x92\xEF\xBC\x92"sv,
        "1_0"sv,   "22."sv}) {
    CAPTURE(text);
    CHECK(!parse_port(text));
    CHECK(!parse_local_port(text));
  }
  CHECK(!parse_port("0"));
}

TEST_CASE("every port has exactly its decimal spelling") {
  for (std::uint32_t port = 0; port <= 65535; ++port) {
    const auto parsed = parse_local_port(std::to_string(port));
    if (!parsed || *parsed != port) FAIL_CHECK("port ", port);
    if (parse_port(std::to_string(port)).has_value() != (port != 0)) FAIL_CHECK("port ", port);
  }
}

TEST_CASE("port ranges") {
  CHECK(parse_port_range("22") == PortRange{22, 22});
  CHECK(parse_port_range("5432-5439") == PortRange{5432, 5439});
  CHECK(parse_port_range("1-65535") == PortRange{1, 65535});
  CHECK(parse_port_range("0", 0) == PortRange{0, 0});
  CHECK(parse_port_range("0-9", 0) == PortRange{0, 9});
  for (const std::string_view text : {"", "-", "22-", "-22", "30-22", "0-9", "0", "1-65536",
                                      "1 - 2", "1-2-3", "01-2", "1-02", "a-b", "1–2"}) {
    CAPTURE(text);
    CHECK(!parse_port_range(text));
  }
  CHECK(PortRange{5, 7}.contains(7));
  CHECK(!PortRange{5, 7}.contains(8));
}

TEST_CASE("targets in their three forms") {
  for (const std::string_view text :
       {"i-01234567", "i-0123456789abcdef0", "mi-0123456789abcdef0", "ecs:c_t_r",
        "ecs:my_cluster_9_0f5e_0f5e-123", "ecs:a__b_c", "ecs:__b_c", "ecs:Prod-1_abc_DEF-9"}) {
    CAPTURE(text);
    REQUIRE(parse_target(text));
    CHECK(parse_target(text)->text() == text);
  }
}

TEST_CASE("what is no target") {
  for (const std::string_view text : {""sv,
                                      "i-"sv,
                                      "i-0123456"sv,
                                      "i-012345678"sv,
                                      "i-0123456789abcdef"sv,
                                      "i-0123456789abcdef01"sv,
                                      "i-0123456789ABCDEF0"sv,
                                      "I-0123456789abcdef0"sv,
                                      " i-0123456789abcdef0"sv,
                                      "i-0123456789abcdef0 "sv,
                                      "i-0123456789abcdef0\0"sv,
                                      "i-0123456789abcdef0\n"sv,
                                      "i-0123456789abcdefg"sv,
                                      "mi-01234567"sv,
                                      "mi-0123456789abcdef01"sv,
                                      "ecs:"sv,
                                      "ecs:a"sv,
                                      "ecs:a_b"sv,
                                      "ecs:a_b_"sv,
                                      "ecs:_b_c"sv,
                                      "ecs:a__c"sv,
                                      "ecs:a_b_c d"sv,
                                      "ecs:a/b_c_d"sv,
                                      "ECS:a_b_c"sv,
                                      "ecs:a_b_c\xC3\xA9"sv,
                                      "arn:aws:ec2:r:1:instance/i-01234567"sv,
                                      "*"sv}) {
    CAPTURE(text);
    CHECK(!parse_target(text));
  }
}
