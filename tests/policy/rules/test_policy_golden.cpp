// tests/golden/policies: NAME.yaml is a policy file with mistakes, NAME.txt what is said about it.
#include <doctest/doctest.h>

#include <filesystem>

#include "ssmgate/rules/policy.hpp"
#include "ssmgate/tools/lint.hpp"
#include "support/golden.hpp"

using namespace ssmgate;
using test::expected;
using test::golden_files;
using test::read_file;
namespace fs = std::filesystem;

namespace {

std::string report(const fs::path& path, const std::string& text) {
  LoadedPolicy loaded = load_policy(text);
  if (loaded.policy) {
    const auto now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
    loaded.diagnostics = tools::lint(text, *loaded.policy, now);
  }
  std::string out;
  for (const Diagnostic& d : loaded.diagnostics) {
    out += render_diagnostic(path.filename().string(), d) + '\n';
  }
  return out;
}

}  // namespace

TEST_CASE("every broken policy is told what is wrong and what to write") {
  const auto found = golden_files("policies", ".yaml");
  CHECK(found.size() >= 40);
  for (const fs::path& path : found) {
    const std::string got = report(path, read_file(path));
    const fs::path golden = fs::path(path).replace_extension(".txt");
    const std::string file = path.filename().string();
    CAPTURE(file);
    CHECK(got == expected(golden, got));
    const bool fine = file.starts_with("good-");
    CHECK(got.empty() == fine);
  }
}

TEST_CASE("the built-in policy loads and means what the contract says") {
  const LoadedPolicy loaded = load_policy(builtin_policy_text());
  REQUIRE(loaded.policy != nullptr);
  CHECK(loaded.diagnostics.empty());
  CHECK(loaded.policy->default_document() == "SSM-SessionManagerRunShell");
}

TEST_CASE("the revision is the lower-case hex SHA-256 of the bytes") {
  const LoadedPolicy loaded = load_policy("version: 1\n");
  REQUIRE(loaded.policy != nullptr);
  // printf 'version: 1\n' | sha256sum
  CHECK(loaded.policy->revision() ==
        "09bfcc6a14b83e2192b8673677725c84883ee9cd0c70e45c9ec09daa8f2b2847");
}
