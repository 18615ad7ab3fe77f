// load_file policy|policy-test|config FILE…: what the loader says of each file, for
// test_schemas.py, which holds the JSON schemas against it. Nothing is run.
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "ssmgate/rules/policy.hpp"
#include "ssmgate/tools/policy_test.hpp"

using namespace ssmgate;

namespace {

Diagnostics load(std::string_view kind, std::string_view text) {
  if (kind == "policy") return load_policy(text).diagnostics;
  if (kind == "policy-test") return tools::load_policy_test(text).diagnostics;
  return config::load_config(text, "/etc/ssmgate", {"/home/u/.config", "/home/u/.state"})
      .diagnostics;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 2; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    std::printf("== %s\n", argv[i]);
    for (const Diagnostic& diagnostic : load(argv[1], text.str())) {
      std::printf("%s\n", render_diagnostic("", diagnostic).c_str());
    }
  }
  return argc > 2 ? 0 : 2;
}
