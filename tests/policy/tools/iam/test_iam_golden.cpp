// tests/golden/iam: NAME.json is a policy as people have it, NAME.yaml what it becomes, NAME.txt
// what is said about it, with the exit status. With SSMGATE_UPDATE_GOLDEN set they are written
// anew, to be read before a commit. In its folder export/, NAME.yaml is a policy file and NAME.json
// what IAM gets.
#include <doctest/doctest.h>

#include "ssmgate/rules/policy.hpp"
#include "ssmgate/tools/iam.hpp"
#include "support/golden.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
namespace fs = std::filesystem;

namespace {

void compare(const fs::path& golden, const std::string& got) {
  const std::string file = golden.filename().string();
  CAPTURE(file);
  CHECK(got == expected(golden, got));
}

std::string said(const std::string& file, const Diagnostics& diagnostics, int status) {
  std::string out;
  for (const Diagnostic& d : diagnostics) out += render_diagnostic(file, d) + '\n';
  return out + "exit " + std::to_string(status) + '\n';
}

}  // namespace

TEST_CASE("every IAM policy becomes the rules and the warnings that were read and agreed to") {
  const auto found = golden_files("iam", ".json");
  CHECK(found.size() >= 14);
  for (const fs::path& path : found) {
    const tools::IamImport got = tools::import_iam(read_file(path), false);
    const int status = !got.yaml ? 2 : got.lossy ? 1 : 0;
    compare(fs::path(path).replace_extension(".txt"),
            said(path.filename().string(), got.diagnostics, status));
    CHECK(got.yaml.has_value() != has_errors(got.diagnostics));
    if (!got.yaml) continue;
    compare(fs::path(path).replace_extension(".yaml"), *got.yaml);
    CHECK(load_policy(*got.yaml).policy != nullptr);
  }
}

TEST_CASE(
    "every policy file becomes the IAM policy and the warnings that were read and agreed to") {
  const auto found = golden_files("iam/export", ".yaml");
  CHECK(found.size() >= 5);
  for (const fs::path& path : found) {
    const tools::IamExport got = tools::export_iam(read_file(path), {});
    const int status = !got.json ? 2 : got.lossy ? 1 : 0;
    compare(fs::path(path).replace_extension(".txt"),
            said(path.filename().string(), got.diagnostics, status));
    CHECK(got.json.has_value() != has_errors(got.diagnostics));
    if (got.json) compare(fs::path(path).replace_extension(".json"), *got.json);
  }
}

TEST_CASE("with the gateway's addresses no session begins from elsewhere") {
  const std::string policy =
      "version: 1\nallow:\n  - id: a\n    documents: [SSM-SessionManagerRunShell]\n";
  const tools::IamExport got = tools::export_iam(policy, {"aws", {"203.0.113.7"}});
  REQUIRE(got.json.has_value());
  CHECK(got.json->find(R"("IpAddress": {"aws:SourceIp": "203.0.113.7"})") != std::string::npos);
}
