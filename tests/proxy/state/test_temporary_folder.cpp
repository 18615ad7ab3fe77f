#include "state/temporary_folder.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include <doctest/doctest.h>

using ssmgate::state::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

// TMPDIR is that while it lives.
class Place {
 public:
  explicit Place(const char* place) {
    if (const char* was = std::getenv("TMPDIR")) before_ = was;
    ::setenv("TMPDIR", place, 1);
  }
  ~Place() {
    if (before_) {
      ::setenv("TMPDIR", before_->c_str(), 1);
    } else {
      ::unsetenv("TMPDIR");
    }
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("a temporary folder is its owner's alone, and gone with it") {
  fs::path path;
  {
    const TemporaryFolder folder("test");
    path = folder.path();
    REQUIRE_FALSE(folder.error());
    CHECK(path.filename().string().starts_with("ssmgate-test-"));
    CHECK(fs::status(path).permissions() == fs::perms::owner_all);
    fs::create_directory(path / "inner");
    std::ofstream(path / "inner" / "file") << "x";
    const TemporaryFolder other("test");
    CHECK(other.path() != path);
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("one that cannot be made says where and what to do, and removes nothing") {
  const TemporaryFolder outer("test");
  const std::string missing = (outer.path() / "missing").string();
  {
    const Place place(missing.c_str());
    const TemporaryFolder folder("test");
    CHECK(folder.error() == std::errc::no_such_file_or_directory);
    CHECK(folder.path().empty());
    CHECK(folder.fault() == "no temporary folder can be made in `" + missing +
                                "`: No such file or directory; name a folder in TMPDIR");
  }
  const Place place(outer.path().c_str());
  const TemporaryFolder inner("test");
  CHECK(inner.path().parent_path() == outer.path());
}
