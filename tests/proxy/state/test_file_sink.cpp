#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "audit_fixture.hpp"
#include "state/log_file.hpp"

using namespace ssmgate::state;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> joined(std::vector<std::string> lines, const fs::path& more) {
  for (std::string& line : lines_of(more)) lines.push_back(std::move(line));
  return lines;
}

// Another program that holds the lock of a file.
class Locked {
 public:
  explicit Locked(const fs::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    REQUIRE(::flock(fd_, LOCK_EX | LOCK_NB) == 0);
  }
  ~Locked() { ::close(fd_); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  int fd_;
};

// No file of this process grows beyond `bytes`: a disk that is full in the middle of a write.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit before_{};
  void (*signal_)(int);
};

}  // namespace

TEST_CASE("a group is one chain with what stands before and behind it") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const auto one = open_sink(file);
  const auto two = open_sink(file);
  const std::vector<std::string_view> group = {"\"n\":1", "\"n\":2", "\"n\":3"};
  CHECK(one->write("\"n\":0"));
  CHECK(one->write_group(group) == 3);
  CHECK(two->write_group(group) == 3);
  CHECK(one->write_group(group) == 3);
  CHECK(one->write_group({}) == 0);
  CHECK(lines_of(file).size() == 10);
  check_chain(lines_of(file));
}

TEST_CASE("of a group that does not fit what fits is taken and the rest is not") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const auto sink = open_sink(file);
  const std::string fields = "\"n\":\"" + std::string(300, 'x') + "\"";
  const std::vector<std::string_view> group(5, fields);
  {
    const SmallDisk small(1000);
    CHECK(sink->write_group(group) == 2);
    CHECK(sink->fault() == "File too large");
    CHECK(lines_of(file).size() == 2);
    CHECK(fs::file_size(file) < 900);
    CHECK(sink->write_group(group) == 0);
    CHECK(lines_of(file).size() == 2);
  }
  CHECK(sink->write_group(group) == 5);
  CHECK(lines_of(file).size() == 7);
  check_chain(lines_of(file));
}

TEST_CASE("a group written after a rotation goes whole into the new file") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const fs::path old = folder.path / "audit.jsonl.1";
  const auto sink = open_sink(file);
  const std::vector<std::string_view> group = {"\"n\":1", "\"n\":2"};
  CHECK(sink->write_group(group) == 2);
  fs::rename(file, old);
  CHECK(sink->write_group(group) == 2);
  CHECK(lines_of(old).size() == 2);
  check_chain(joined(lines_of(old), file));
}

TEST_CASE("a file that was moved is left at once when the sink is told to look") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const auto sink = open_sink(file);
  CHECK(sink->write("\"n\":1"));
  fs::rename(file, folder.path / "audit.jsonl.1");
  sink->reopen();
  CHECK(fs::exists(file));
  CHECK(sink->write("\"n\":2"));
  check_chain(joined(lines_of(folder.path / "audit.jsonl.1"), file));
}

TEST_CASE("lines form a chain") {
  const Folder folder;
  const fs::path file = folder.path / "deep" / "audit.jsonl";
  const auto sink = open_sink(file);
  for (int i = 0; i < 5; ++i) CHECK(sink->write("\"n\":" + std::to_string(i)));
  CHECK(lines_of(file).size() == 5);
  check_chain(lines_of(file));
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a restart continues the chain and cuts a torn line off") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  { CHECK(open_sink(file)->write("\"n\":1")); }
  std::ofstream(file, std::ios::app) << "{\"torn\":";
  const auto sink = open_sink(file);
  CHECK(sink->found().torn);
  CHECK(sink->found().seq == 1);
  CHECK(sink->write("\"n\":2"));
  check_chain(lines_of(file));
}

TEST_CASE("a restart finds the end of the chain however long its last line is") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const std::string megabytes(3 * 1024 * 1024, 'x');
  {
    const auto sink = open_sink(file);
    CHECK(sink->write("\"n\":1"));
    CHECK(sink->write("\"n\":\"" + megabytes + "\""));
  }
  std::ofstream(file, std::ios::app) << megabytes;
  const auto sink = open_sink(file);
  CHECK(sink->found().torn);
  CHECK(sink->found().seq == 2);
  CHECK(sink->write("\"n\":3"));
  CHECK(lines_of(file).size() == 3);
  check_chain(lines_of(file));
}

TEST_CASE("lines of every length around a block are found whole") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  std::size_t count = 0;
  for (const std::size_t size : {16'384U - 90U, 16'384U - 1U, 16'384U, 16'384U + 1U, 65'536U}) {
    CHECK(open_sink(file)->write("\"n\":\"" + std::string(size, 'x') + "\""));
    ++count;
  }
  CHECK(lines_of(file).size() == count);
  check_chain(lines_of(file));
}

TEST_CASE("two gateways on one file keep one chain") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const auto one = open_sink(file);
  const auto two = open_sink(file);
  for (int i = 0; i < 10; ++i) {
    CHECK(one->write("\"from\":1"));
    CHECK(two->write("\"from\":2"));
    if (i % 3 == 0) CHECK(two->write("\"from\":2"));
  }
  CHECK(lines_of(file).size() == 24);
  check_chain(lines_of(file));
}

TEST_CASE("a file that was moved is left and its chain goes on in the new one") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const fs::path old = folder.path / "audit.jsonl.1";
  const auto one = open_sink(file);
  const auto two = open_sink(file);
  CHECK(one->write("\"from\":1"));
  CHECK(two->write("\"from\":2"));
  fs::rename(file, old);
  CHECK(one->write("\"from\":1"));
  CHECK(two->write("\"from\":2"));
  CHECK(one->write("\"from\":1"));
  CHECK(lines_of(old).size() == 2);
  CHECK(lines_of(file).size() == 3);
  check_chain(joined(lines_of(old), file));
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a file that was deleted with its folder is made anew") {
  const Folder folder;
  const fs::path file = folder.path / "deep" / "audit.jsonl";
  const auto sink = open_sink(file);
  CHECK(sink->write("\"n\":1"));
  std::vector<std::string> lines = lines_of(file);
  fs::remove_all(folder.path / "deep");
  CHECK(sink->write("\"n\":2"));
  check_chain(joined(std::move(lines), file));
}

TEST_CASE("a file that was emptied continues the chain") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const auto sink = open_sink(file);
  CHECK(sink->write("\"n\":1"));
  std::vector<std::string> lines = lines_of(file);
  fs::resize_file(file, 0);
  CHECK(sink->write("\"n\":2"));
  check_chain(joined(std::move(lines), file));
}

TEST_CASE("a moved file with nothing to put in its place takes no line and recovers") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const fs::path old = folder.path / "audit.jsonl.1";
  const auto sink = open_sink(file);
  CHECK(sink->write("\"n\":1"));
  fs::rename(file, old);
  std::ofstream(file) << "";
  fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
  CHECK_FALSE(sink->write("\"n\":2"));
  CHECK(sink->fault().find("chmod go-w " + file.string()) != std::string::npos);
  fs::remove(file);
  CHECK(sink->write("\"n\":2"));
  check_chain(joined(lines_of(old), file));
  CHECK(lines_of(old).size() == 1);
}

TEST_CASE("a lock that another program keeps is not waited for without end") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const auto sink = open_sink(file);
  CHECK(sink->write("\"n\":1"));
  {
    const Locked locked(folder.path / ".audit.jsonl.lock");
    CHECK_FALSE(sink->write("\"n\":2"));
    CHECK(sink->fault().find("lock") != std::string::npos);
    CHECK(fault_of(file).find("lock") != std::string::npos);
  }
  CHECK(sink->write("\"n\":2"));
  CHECK(lines_of(file).size() == 2);
  check_chain(lines_of(file));
}

TEST_CASE("whoever may only read the log cannot keep it from being written") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const auto sink = open_sink(file);
  CHECK(sink->write("\"n\":1"));
  const Locked locked(file);
  CHECK(sink->write("\"n\":2"));
  struct stat status {};
  REQUIRE(::stat((folder.path / ".audit.jsonl.lock").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a lock file that is removed or that others can open") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const fs::path lock = folder.path / ".audit.jsonl.lock";
  const auto one = open_sink(file);
  const auto two = open_sink(file);
  CHECK(one->write("\"n\":1"));
  SUBCASE("removed") {
    fs::remove(lock);
  }
  SUBCASE("open to others") {
    fs::permissions(lock, fs::perms::owner_read | fs::perms::group_read);
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(one->write("\"n\":1"));
    CHECK(two->write("\"n\":2"));
  }
  check_chain(lines_of(file));
}

TEST_CASE("a link to a file is refused and one to a device is not") {
  const Folder folder;
  const fs::path link = folder.path / "audit.jsonl";
  const fs::path other = folder.path / "other";
  fs::create_symlink(other, link);
  CHECK(fault_of(link).find("symbolic link") != std::string::npos);
  CHECK_FALSE(fs::exists(other));
  std::ofstream(other) << "";
  CHECK(fault_of(link).find("symbolic link") != std::string::npos);
  CHECK(find_log_fault(link).find("symbolic link") != std::string::npos);
  fs::remove(link);
  fs::create_symlink("/dev/null", link);
  CHECK(open_sink(link)->write("\"n\":1"));
  CHECK(find_log_fault(link).empty());
}

TEST_CASE("a stream of this process may lead to a file") {
  const Folder folder;
  const OwnedFd file(::open((folder.path / "out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const fs::path stream = "/proc/self/fd/" + std::to_string(file.get());
  CHECK(find_log_fault(stream).empty());
  CHECK(open_sink(stream)->write("\"n\":1"));
  CHECK(lines_of(folder.path / "out").size() == 1);
}

TEST_CASE("a file of another user is refused") {
  if (::geteuid() != 0) return;  // only root can give a file away
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  std::ofstream(file) << "";
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  REQUIRE(::chown(file.c_str(), 65534, static_cast<gid_t>(-1)) == 0);
  CHECK(fault_of(file).find("belongs to another user, number 65534") != std::string::npos);
}

TEST_CASE("a file that others can write is refused with the line to type") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  std::ofstream(file) << "";
  for (const fs::perms perms : {fs::perms::group_write, fs::perms::others_write}) {
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write | perms);
    CHECK(fault_of(file).find("`chmod go-w " + file.string() + "`") != std::string::npos);
  }
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  CHECK(open_sink(file)->write("\"n\":1"));
}

TEST_CASE("a full disk takes no line and loses none") {
  const auto sink = open_sink("/dev/full");
  CHECK_FALSE(sink->write("\"n\":1"));
  CHECK_FALSE(sink->write("\"n\":2"));
  CHECK(sink->fault() == "No space left on device");
}

TEST_CASE("a folder that cannot be made is a fault with words") {
  CHECK(fault_of("/proc/nowhere/audit.jsonl").find("/proc/nowhere") != std::string::npos);
}
