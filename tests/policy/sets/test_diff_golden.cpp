// tests/golden/diff: NAME/old.yaml and NAME/new.yaml are two policies, NAME/expected.txt what is
// said about them, as text and as JSON.
#include <doctest/doctest.h>

#include <filesystem>

#include "ssmgate/tools/diff.hpp"
#include "support/golden.hpp"

using namespace ssmgate;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::sys_days kNow = std::chrono::year(2026) / 11 / 23;

std::shared_ptr<const Policy> load(const fs::path& path) {
  const LoadedPolicy loaded = load_policy(test::read_file(path));
  REQUIRE(loaded.policy != nullptr);
  return loaded.policy;
}

std::string report(const fs::path& folder) {
  const auto older = load(folder / "old.yaml");
  const auto newer = load(folder / "new.yaml");
  const tools::Difference difference = tools::diff(*older, *newer, kNow);
  return tools::render_diff_text(difference, "old.yaml", "new.yaml") +
         tools::render_diff_json(difference);
}

}  // namespace

TEST_CASE("differences are told as a person reads them") {
  const auto folders = test::golden_files("diff", "");
  CHECK(folders.size() >= 14);
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    CAPTURE(name);
    const std::string got = report(folder);
    CHECK(got == test::expected(folder / "expected.txt", got));
  }
}
