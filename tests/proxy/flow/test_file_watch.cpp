// Which folders are watched, and that a change in one of them is said.
#include "flow/file_watch.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

namespace ssmgate::flow {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "ssmgate-watch-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = fs::canonical(name);
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path file(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return path / name;
  }

  fs::path path;
};

// Runs until the watch speaks; false when it does not within ten seconds.
bool speaks_after(const std::vector<fs::path>& files, const std::function<void()>& change) {
  boost::asio::io_context context;
  int count = 0;
  FileWatch watch(context, [&count] { ++count; });
  REQUIRE(watch.works());
  watch.watch(folders_of(files));
  change();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (count == 0 && std::chrono::steady_clock::now() < until) {
    context.run_one_for(std::chrono::milliseconds(200));
  }
  return count > 0;
}

}  // namespace

TEST_CASE("the folder of a plain file is watched") {
  const Folder folder;
  CHECK(folders_of({folder.path / "policy.yaml"}) == std::set<fs::path>{folder.path});
}

TEST_CASE("every folder with a symbolic link on the way is watched") {
  const Folder folder;
  fs::create_directories(folder.path / "real" / "v1");
  fs::create_directories(folder.path / "names");
  fs::create_directory_symlink("v1", folder.path / "real" / "current");
  fs::create_symlink("../real/current/policy.yaml", folder.path / "names" / "policy.yaml");
  CHECK(folders_of({folder.path / "names" / "policy.yaml"}) ==
        std::set<fs::path>{folder.path / "names", folder.path / "real", folder.path / "real/v1"});
}

TEST_CASE("a chain of links that has no end is given up") {
  const Folder folder;
  fs::create_symlink("b", folder.path / "a");
  fs::create_symlink("a", folder.path / "b");
  CHECK(folders_of({folder.path / "a"}) == std::set<fs::path>{folder.path});
}

TEST_CASE("each way to change a file is said") {
  const Folder folder;
  const fs::path file = folder.file("policy.yaml", "one");
  CHECK(speaks_after({file}, [&] { folder.file("policy.yaml", "two"); }));
  CHECK(speaks_after({file}, [&] { fs::rename(folder.file("aside", "three"), file); }));
  CHECK(speaks_after({file}, [&] { fs::remove(file); }));
  CHECK(speaks_after({file}, [&] { folder.file("policy.yaml", "four"); }));
}

TEST_CASE("the swap of a link to a folder is said") {
  const Folder folder;
  for (const char* name : {"v1", "v2"}) {
    fs::create_directory(folder.path / name);
    folder.file(std::string(name) + "/policy.yaml", name);
  }
  fs::create_directory_symlink("v1", folder.path / "data");
  fs::create_symlink("data/policy.yaml", folder.path / "policy.yaml");
  const std::vector<fs::path> files = {folder.path / "policy.yaml"};
  const auto before = look_at(files);
  CHECK(speaks_after(files, [&] {
    fs::create_directory_symlink("v2", folder.path / "data_tmp");
    fs::rename(folder.path / "data_tmp", folder.path / "data");
  }));
  CHECK(look_at(files) != before);
}

TEST_CASE("a change of content alters what is seen of a file and a second look does not") {
  const Folder folder;
  const fs::path file = folder.file("policy.yaml", "one");
  const auto before = look_at({file});
  CHECK(look_at({file}) == before);
  folder.file("policy.yaml", "two more");
  CHECK(look_at({file}) != before);
  fs::remove(file);
  CHECK_FALSE(look_at({file}).front().present);
}

}  // namespace ssmgate::flow
