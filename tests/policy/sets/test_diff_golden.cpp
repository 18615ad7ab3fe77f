// tests/golden/diff: NAME/old.yaml and NAME/new.yaml are two policies, NAME/expected.txt what is
// said about them, as text and as JSON. With SSMGATE_UPDATE_GOLDEN set these are written anew, to
// be read before a commit.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ssmgate/tools/diff.hpp"

using namespace ssmgate;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::sys_days kNow = std::chrono::year(2026) / 11 / 23;

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::shared_ptr<const Policy> load(const fs::path& path) {
  const LoadedPolicy loaded = load_policy(slurp(path));
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
  const bool update = std::getenv("SSMGATE_UPDATE_GOLDEN") != nullptr;
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(fs::path(SSMGATE_TEST_DATA) / "golden/diff")) {
    folders.push_back(entry.path());
  }
  CHECK(folders.size() >= 14);
  std::sort(folders.begin(), folders.end());
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    CAPTURE(name);
    const std::string got = report(folder);
    if (update) std::ofstream(folder / "expected.txt", std::ios::binary) << got;
    CHECK(got == slurp(folder / "expected.txt"));
  }
}
