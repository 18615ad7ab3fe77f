// What a running gateway will read again, and what it will not.
#include "config/reread.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace ssmgate::config {
namespace {

namespace fs = std::filesystem;

struct Files {
  Files() {
    std::string name = (fs::temp_directory_path() / "ssmgate-reread-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
    file = folder / "ssmgate.yaml";
  }
  ~Files() { fs::remove_all(folder); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  void write(const std::string& text) const { std::ofstream(file) << text; }
  Config running() const {
    auto found = find_config(file);
    REQUIRE(std::holds_alternative<FoundConfig>(found));
    return std::get<FoundConfig>(found).config;
  }
  // What hinders reading it again; empty: nothing.
  std::string trouble(const Config& running) const {
    const auto again = find_config_again(file, running);
    const auto* fault = std::get_if<ConfigFault>(&again);
    return fault == nullptr ? std::string() : fault->lines.front();
  }

  fs::path folder;
  fs::path file;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a configuration is read again from its file") {
  const Files files;
  files.write("limits: {connections: 5}\n");
  const Config running = files.running();
  files.write("limits: {connections: 6}\n");
  const auto again = find_config_again(files.file, running);
  REQUIRE(std::holds_alternative<FoundConfig>(again));
  CHECK(std::get<FoundConfig>(again).config.limits.connections == 6);
}

TEST_CASE("a file that is empty or gone or a pipe is not a configuration any more") {
  const Files files;
  files.write("egress: {default: refuse}\n");
  const Config running = files.running();
  for (const char* text : {"", " \n", "# Cut in its first comm", "---\n# and\n", "~\n"}) {
    files.write(text);
    CHECK(has(files.trouble(running), "ssmgate.yaml: error: is empty"));
  }
  fs::remove(files.file);
  CHECK(has(files.trouble(running), "cannot be read"));
  REQUIRE(::mkfifo(files.file.c_str(), 0600) == 0);
  CHECK(has(files.trouble(running), "no regular file"));
}

TEST_CASE("another state folder is refused at its place") {
  const Files files;
  files.write("state: one\n");
  const Config running = files.running();
  files.write("limits: {connections: 5}\nstate: two\n");
  CHECK(has(files.trouble(running), "ssmgate.yaml:2:1: error: `state` cannot change"));
  files.write("limits: {connections: 5}\n");
  CHECK(has(files.trouble(running), "ssmgate.yaml:1:1: error: `state` cannot change"));
}

TEST_CASE("another admin listener is refused at its place and the same one in words is not") {
  const Files files;
  files.write("{}\n");
  const Config running = files.running();
  files.write("limits: {connections: 5}\nadmin: {address: none}\n");
  CHECK(has(files.trouble(running), "ssmgate.yaml:2:1: error: `admin` cannot change"));
  files.write("admin: {address: 127.0.0.1:8878}\n");
  CHECK(files.trouble(running).empty());
}

TEST_CASE("all errors of the file are said in one go") {
  const Files files;
  files.write("{}\n");
  const Config running = files.running();
  files.write("polcy: x\negres: y\n");
  const auto again = find_config_again(files.file, running);
  REQUIRE(std::holds_alternative<ConfigFault>(again));
  CHECK(std::get<ConfigFault>(again).lines.size() == 2);
}

TEST_CASE("the files of a configuration are each named once") {
  const Files files;
  files.write("policy: both.pem\nca: {certificate: both.pem, key: ca.key}\n");
  const auto named = files_of(files.file, files.running());
  CHECK(named == std::vector<fs::path>{files.folder / "both.pem", files.folder / "ca.key",
                                       files.folder / "ssmgate.yaml"});
}

TEST_CASE("roots are watched unless they are the system's") {
  const Files files;
  files.write(
      "upstream: {ca_file: roots.pem}\n"
      "audit: {sinks: [{type: syslog, address: \"tls://log.example.test:6514\", ca_file: "
      "logs.pem}]}\n");
  auto named = files_of(files.file, files.running());
  CHECK(std::ranges::count(named, files.folder / "roots.pem") == 1);
  CHECK(std::ranges::count(named, files.folder / "logs.pem") == 1);
  files.write("audit: {sinks: [{type: syslog, address: \"tls://log.example.test:6514\"}]}\n");
  REQUIRE(files.running().upstream.ca_file == kSystemRoots);
  REQUIRE(files.running().audit.sinks.front().ca_file == kSystemRoots);
  named = files_of(files.file, files.running());
  CHECK(std::ranges::count(named, fs::path(kSystemRoots)) == 0);
}

}  // namespace ssmgate::config
