// tests/golden/decide: a policy (NAME.yaml) and requests with what is expected of them
// (NAME.jsonl: a line of `ssmgate eval --batch` with `case` and `expect` beside it).
#include <doctest/doctest.h>

#include <filesystem>
#include <sstream>

#include <boost/json.hpp>

#include "ssmgate/rules/policy.hpp"
#include "ssmgate/tools/eval.hpp"
#include "support/golden.hpp"

using namespace ssmgate;
using test::golden_files;
using test::read_file;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

// What is expected must be there and equal; `null` stands for absent as well.
void check_expected(const json::object& expect, const json::object& got) {
  for (const auto& member : expect) {
    const json::value* value = got.if_contains(member.key());
    const json::value found = value != nullptr ? *value : json::value(nullptr);
    const std::string key(member.key());
    CAPTURE(key);
    if (key == "message_has") {
      const std::string message(got.at("message").as_string());
      for (const auto& part : member.value().as_array()) {
        CHECK_MESSAGE(message.find(std::string(part.as_string())) != std::string::npos, message);
      }
    } else {
      CHECK_MESSAGE(found == member.value(), json::serialize(got));
    }
  }
}

void check_line(const Policy& policy, const std::string& line) {
  json::object input = json::parse(line).as_object();
  const json::object expect = input.at("expect").as_object();
  const std::string name(input.at("case").as_string());
  CAPTURE(name);
  input.erase("expect");
  input.erase("case");
  std::string out;
  // 2026-11-23 is a Monday.
  const tools::Time now =
      std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(10);
  (void)tools::evaluate_line(policy, json::serialize(input), now, out);
  check_expected(expect, json::parse(out).as_object());
}

}  // namespace

TEST_CASE("every golden case is judged as it says") {
  int cases = 0;
  for (const fs::path& path : golden_files("decide", ".yaml")) {
    const std::string file = path.filename().string();
    CAPTURE(file);
    const LoadedPolicy loaded = load_policy(read_file(path));
    REQUIRE_MESSAGE(
        loaded.policy != nullptr,
        render_diagnostic(file, loaded.diagnostics.empty() ? Diagnostic{} : loaded.diagnostics[0]));
    std::istringstream lines(read_file(fs::path(path).replace_extension(".jsonl")));
    for (std::string line; std::getline(lines, line);) {
      if (line.empty() || line[0] == '#') continue;
      check_line(*loaded.policy, line);
      ++cases;
    }
  }
  CHECK(cases >= 150);
}
