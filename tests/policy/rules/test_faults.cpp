// tests/golden/faults: NAME.yaml is a policy with one fault, NAME.txt the one line that is said
// about it.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "ssmgate/rules/policy.hpp"
#include "support/golden.hpp"

using namespace ssmgate;
namespace fs = std::filesystem;

namespace {

std::string report(const std::string& file, const std::string& text) {
  std::string out;
  for (const Diagnostic& d : load_policy(text).diagnostics)
    out += render_diagnostic(file, d) + '\n';
  return out;
}

// One line, and words that say what to do.
void check_form(const std::string& said) {
  CHECK(std::count(said.begin(), said.end(), '\n') == 1);
  CHECK(said.find(": error: ") != std::string::npos);
  bool helps = false;
  for (const char* word : {"write ", "remove ", "did you mean ", "known keys are ",
                           "the only key is ", "put ", "save ", "give ", "indent with ", "list ",
                           "define ", "move ", "check the ", "without quotes"}) {
    helps = helps || said.find(word) != std::string::npos;
  }
  CHECK_MESSAGE(helps, said);
}

}  // namespace

TEST_CASE("every fault has its place and its hint and nothing else is said") {
  int files = 0;
  for (const fs::path& path : test::golden_files("faults", ".yaml")) {
    ++files;
    const std::string file = path.filename().string();
    const std::string got = report(file, test::read_file(path));
    CAPTURE(file);
    CHECK(got == test::expected(fs::path(path).replace_extension(".txt"), got));
    check_form(got);
  }
  CHECK(files >= 150);
}

TEST_CASE("a policy with twenty faults is told of all twenty") {
  const std::string text =
      test::read_file(fs::path(SSMGATE_TEST_DATA) / "golden/twenty-faults.yaml");
  const LoadedPolicy loaded = load_policy(text);
  CHECK(loaded.policy == nullptr);
  std::string got;
  for (const Diagnostic& d : loaded.diagnostics) got += render_diagnostic("f", d) + '\n';
  CHECK_MESSAGE(loaded.diagnostics.size() == 20, got);
  // One fault a line, from the second on.
  for (std::size_t i = 0; i < loaded.diagnostics.size(); ++i) {
    CHECK_MESSAGE(loaded.diagnostics[i].where.line == i + 2, got);
  }
}
