#include "commands/doctor/finding.hpp"

#include "proxy/commands/doctor/expect.hpp"

namespace ssmgate::doctor {

TEST_CASE("a line a finding, and below it what mends it") {
  const Findings findings = {ok("a.b", "well"), warning("c.d", "odd", "x"),
                             problem("e.f", "bad", "y")};
  CHECK_EQ(render_text(findings, false),
           "ok       well\nwarning  odd\n         mend: x\nproblem  bad\n         mend: y\n"
           "1 problem, 1 warning\n");
  CHECK_EQ(render_text({ok("a.b", "well")}, false), "ok       well\nnothing is wrong\n");
  CHECK(render_text(findings, true).starts_with("\033[32mok\033[0m       well\n"));
}

TEST_CASE("nothing that was found does anything to a terminal") {
  const Findings findings = {problem("a.b", "x\033[2Jy\n", "z\r\xff")};
  CHECK_EQ(render_text(findings, false).find('\033'), std::string::npos);
  CHECK_EQ(render_text(findings, false).find('\r'), std::string::npos);
  CHECK_EQ(render_json(findings).find('\033'), std::string::npos);
}

TEST_CASE("JSON, and the exit status") {
  CHECK_EQ(render_json({}), "{\"findings\":[],\"problems\":0,\"warnings\":0}\n");
  CHECK_EQ(render_json({ok("a.b", "say \"x\""), problem("c.d", "}", "y")}),
           "{\"findings\":[{\"id\":\"a.b\",\"level\":\"ok\",\"text\":\"say \\\"x\\\"\"},"
           "{\"id\":\"c.d\",\"level\":\"problem\",\"text\":\"}\",\"mend\":\"y\"}],"
           "\"problems\":1,\"warnings\":0}\n");
  CHECK_EQ(exit_status({ok("a.b", "")}), 0);
  CHECK_EQ(exit_status({ok("a.b", ""), warning("c.d", "", "x")}), 1);
  CHECK_EQ(exit_status({problem("a.b", "", "x"), warning("c.d", "", "x")}), 2);
  CHECK_EQ(Finding().level, Level::problem);
}

}  // namespace ssmgate::doctor
