#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>

#include "state/audit_log.hpp"

using namespace ssmgate;
using namespace ssmgate::state;
namespace fs = std::filesystem;
namespace asio = boost::asio;

namespace {

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "ssmgate-audit-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::unique_ptr<AuditSink> open_sink(const fs::path& path) {
  auto opened = open_file_sink(path);
  REQUIRE(std::holds_alternative<std::unique_ptr<AuditSink>>(opened));
  return std::move(std::get<std::unique_ptr<AuditSink>>(opened));
}

// Every line follows the one before it: by number and by hash.
void check_chain(const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CAPTURE(lines[i]);
    CHECK(lines[i].find("\"seq\":" + std::to_string(i + 1)) != std::string::npos);
    const std::string prev =
        i == 0 ? std::string() : ",\"prev\":\"" + sha256_hex(lines[i - 1]) + "\"}";
    if (i == 0) CHECK(lines[i].find("prev") == std::string::npos);
    if (i > 0) CHECK(lines[i].ends_with(prev));
  }
}

class FailingSink final : public AuditSink {
 public:
  bool write(std::string_view) override { return false; }
  const ChainEnd& found() const noexcept override { return end_; }

 private:
  ChainEnd end_;
};

// Blocks its first write until released: a hanging disk.
class HangingSink final : public AuditSink {
 public:
  explicit HangingSink(std::shared_future<void> release) : release_(std::move(release)) {}
  bool write(std::string_view) override {
    release_.wait();
    ++written;
    return true;
  }
  const ChainEnd& found() const noexcept override { return end_; }
  std::atomic<int> written = 0;

 private:
  std::shared_future<void> release_;
  ChainEnd end_;
};

bool write_and_wait(AuditLog& log, AuditRecord record) {
  asio::io_context context;
  auto written =
      asio::co_spawn(asio::make_strand(context), log.write(std::move(record)), asio::use_future);
  context.run();
  return written.get();
}

}  // namespace

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

TEST_CASE("a full disk takes no line and loses none") {
  const auto sink = open_sink("/dev/full");
  CHECK_FALSE(sink->write("\"n\":1"));
  CHECK_FALSE(sink->write("\"n\":2"));
}

TEST_CASE("a folder that cannot be made is a fault with words") {
  const auto opened = open_file_sink("/proc/nowhere/audit.jsonl");
  REQUIRE(std::holds_alternative<SinkFault>(opened));
  CHECK(std::get<SinkFault>(opened).text.find("/proc/nowhere") != std::string::npos);
}

TEST_CASE("a waited record is down when the wait is over") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  std::vector<std::unique_ptr<AuditSink>> sinks;
  sinks.push_back(open_sink(file));
  AuditLog log(std::move(sinks), std::chrono::seconds(10));
  AuditRecord record;
  record.request_id = "r-1";
  CHECK(write_and_wait(log, record));
  REQUIRE(lines_of(file).size() == 1);
  CHECK(lines_of(file)[0].find("\"request_id\":\"r-1\"") != std::string::npos);
}

TEST_CASE("one sink that takes it is enough and none is not") {
  const Folder folder;
  std::vector<std::unique_ptr<AuditSink>> sinks;
  sinks.push_back(std::make_unique<FailingSink>());
  sinks.push_back(open_sink(folder.path / "audit.jsonl"));
  AuditLog good(std::move(sinks), std::chrono::seconds(10));
  CHECK(write_and_wait(good, AuditRecord{}));

  std::vector<std::unique_ptr<AuditSink>> failing;
  failing.push_back(std::make_unique<FailingSink>());
  AuditLog bad(std::move(failing), std::chrono::seconds(10));
  CHECK_FALSE(write_and_wait(bad, AuditRecord{}));
}

TEST_CASE("a hanging sink is given up at the deadline and what waited is not written later") {
  std::promise<void> release;
  auto sink = std::make_unique<HangingSink>(release.get_future().share());
  HangingSink& hanging = *sink;
  std::vector<std::unique_ptr<AuditSink>> sinks;
  sinks.push_back(std::move(sink));
  {
    AuditLog log(std::move(sinks), std::chrono::milliseconds(20));
    CHECK_FALSE(write_and_wait(log, AuditRecord{}));
    CHECK_FALSE(write_and_wait(log, AuditRecord{}));
    release.set_value();
    CHECK(write_and_wait(log, AuditRecord{}));
    // The first hung in the middle of its write; the second was given up before it began.
    CHECK(hanging.written == 2);
  }
}

TEST_CASE("a record is one line whatever is in it") {
  AuditRecord record;
  record.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'042));
  record.message = "a\nb\"c\\\x1b[31m";
  record.parameters = {{"host", {"a", "b"}}, {"x\"y", {"\t"}}};
  record.port = 5432;
  const std::string fields = render_fields(record);
  CHECK(fields.starts_with("\"time\":\"2023-11-14T22:13:20.042Z\",\"event\":\"decision\""));
  CHECK(fields.find('\n') == std::string::npos);
  CHECK(fields.find('\x1b') == std::string::npos);
  CHECK(fields.find("\"parameters\":{\"host\":[\"a\",\"b\"],\"x\\\"y\":[") != std::string::npos);
  CHECK(fields.find("\"port\":5432") != std::string::npos);
  CHECK(fields.find("\"user\"") == std::string::npos);
}
