#include <doctest/doctest.h>

#include "tools/public_suffix.hpp"

using namespace ssmgate::tools;

TEST_CASE("patterns as wide as a public suffix are told from those of one owner") {
  for (const std::string_view wide : {"*.com", "*.co.jp", "*.amazonaws.com", "*.rds.amazonaws.com",
                                      "*.ap-northeast-1.rds.amazonaws.com", "*.*.amazonaws.com",
                                      "db*.com", "*a*.co.uk", "*.db*.com", "orders.db-*.net"}) {
    CAPTURE(wide);
    CHECK(is_as_wide_as_public_suffix(wide));
  }
  for (const std::string_view fine :
       {"example.com", "*.example.com", "*.localhost", "*.internal", "db-*.example.com",
        "10.0.0.0/8", "any", "a.*.example.com", "db*.internal", "db-*",
        "orders.cluster-*.ap-northeast-1.rds.amazonaws.com",
        "*.abc123.ap-northeast-1.rds.amazonaws.com"}) {
    CAPTURE(fine);
    CHECK_FALSE(is_as_wide_as_public_suffix(fine));
  }
}
