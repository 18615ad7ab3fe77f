#include <doctest/doctest.h>

#include "ssmgate/text/diagnostic.hpp"

using namespace ssmgate;

TEST_CASE("diagnostics sort by place and equal ones stand once") {
  Diagnostics list = {{Severity::warning, {2, 1}, "b"},
                      {Severity::error, {1, 9}, "a"},
                      {Severity::error, {2, 1}, "c"},
                      {Severity::error, {1, 9}, "a"}};
  sort_diagnostics(list);
  REQUIRE(list.size() == 3);
  CHECK(render_diagnostic("p.yaml", list[0]) == "p.yaml:1:9: error: a");
  CHECK(render_diagnostic("p.yaml", list[1]) == "p.yaml:2:1: error: c");
  CHECK(render_diagnostic("p.yaml", list[2]) == "p.yaml:2:1: warning: b");
  CHECK(has_errors(list));
  list.resize(0);
  CHECK_FALSE(has_errors(list));
}

TEST_CASE("user input is shown on one line and does nothing to a terminal") {
  CHECK(in_backticks("abc") == "`abc`");
  CHECK(in_backticks("a\nb\x1B") == "`a\\u000ab\\u001b`");
  CHECK(in_backticks("d\xC3\xA9j\xC3\xA0") == "`d\xC3\xA9j\xC3\xA0`");
  CHECK(in_backticks("\xE2\x80\xAE") == "`\\u202e`");
  CHECK(in_backticks("\xFF") == "`\\u00ff`");
  CHECK(in_backticks(std::string(500, 'a')).size() == 125);
}
