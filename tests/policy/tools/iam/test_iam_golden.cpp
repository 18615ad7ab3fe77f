// tests/golden/iam: NAME.json is a policy as people have it, NAME.yaml what it becomes, NAME.txt
// what is said about it, with the exit status. With SSMGATE_UPDATE_GOLDEN set they are written
// anew, to be read before a commit. In its folder export/, NAME.yaml is a policy file and NAME.json
// what IAM gets.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ssmgate/rules/policy.hpp"
#include "ssmgate/tools/iam.hpp"

using namespace ssmgate;
namespace fs = std::filesystem;

namespace {

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void compare(const fs::path& golden, const std::string& got) {
  if (std::getenv("SSMGATE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(golden, std::ios::binary) << got;
  }
  const std::string file = golden.filename().string();
  CAPTURE(file);
  CHECK(got == slurp(golden));
}

std::string said(const std::string& file, const Diagnostics& diagnostics, int status) {
  std::string out;
  for (const Diagnostic& d : diagnostics) out += render_diagnostic(file, d) + '\n';
  return out + "exit " + std::to_string(status) + '\n';
}

}  // namespace

TEST_CASE("every IAM policy becomes the rules and the warnings that were read and agreed to") {
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(SSMGATE_TEST_DATA) / "golden/iam")) {
    const fs::path& path = entry.path();
    if (path.extension() != ".json") continue;
    ++seen;
    const tools::IamImport got = tools::import_iam(slurp(path), false);
    const int status = !got.yaml ? 2 : got.lossy ? 1 : 0;
    compare(fs::path(path).replace_extension(".txt"),
            said(path.filename().string(), got.diagnostics, status));
    CHECK(got.yaml.has_value() != has_errors(got.diagnostics));
    if (!got.yaml) continue;
    compare(fs::path(path).replace_extension(".yaml"), *got.yaml);
    CHECK(load_policy(*got.yaml).policy != nullptr);
  }
  CHECK(seen >= 10);
}

TEST_CASE(
    "every policy file becomes the IAM policy and the warnings that were read and agreed to") {
  int seen = 0;
  const fs::path folder = fs::path(SSMGATE_TEST_DATA) / "golden/iam/export";
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (path.extension() != ".yaml") continue;
    ++seen;
    const tools::IamExport got = tools::export_iam(slurp(path), {});
    const int status = !got.json ? 2 : got.lossy ? 1 : 0;
    compare(fs::path(path).replace_extension(".txt"),
            said(path.filename().string(), got.diagnostics, status));
    CHECK(got.json.has_value() != has_errors(got.diagnostics));
    if (got.json) compare(fs::path(path).replace_extension(".json"), *got.json);
  }
  CHECK(seen >= 5);
}

TEST_CASE("with the gateway's addresses no session begins from elsewhere") {
  const std::string policy =
      "version: 1\nallow:\n  - id: a\n    documents: [SSM-SessionManagerRunShell]\n";
  const tools::IamExport got = tools::export_iam(policy, {"aws", {"203.0.113.7"}});
  REQUIRE(got.json.has_value());
  CHECK(got.json->find(R"("IpAddress": {"aws:SourceIp": "203.0.113.7"})") != std::string::npos);
}
