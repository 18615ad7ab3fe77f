// What the tests of the audit log share: a folder, the lines of a file, and the chain's check.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "state/audit_sink.hpp"

namespace ssmgate::state {

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ssmgate-audit-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path;
};

inline std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

inline std::unique_ptr<AuditSink> open_sink(const std::filesystem::path& path,
                                            SinkSetup setup = {}) {
  auto opened = open_file_sink(path, std::move(setup));
  REQUIRE(std::holds_alternative<std::unique_ptr<AuditSink>>(opened));
  return std::move(std::get<std::unique_ptr<AuditSink>>(opened));
}

inline std::string fault_of(const std::filesystem::path& path) {
  const auto opened = open_file_sink(path);
  REQUIRE(std::holds_alternative<SinkFault>(opened));
  return std::get<SinkFault>(opened).text;
}

// With a key in `state`, so that the sink can write checkpoints.
inline SinkSetup signing_setup(const std::filesystem::path& state) {
  auto key = AuditKey::open(state);
  REQUIRE(std::holds_alternative<std::shared_ptr<const AuditKey>>(key));
  SinkSetup setup;
  setup.key = std::get<std::shared_ptr<const AuditKey>>(key);
  setup.state = state;
  return setup;
}

// Every line follows the one before it: by number and by hash.
inline void check_chain(const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    INFO("line " << i + 1 << ": " << lines[i].substr(0, 200));
    CHECK(lines[i].find("\"seq\":" + std::to_string(i + 1)) != std::string::npos);
    if (i == 0) CHECK(lines[i].find("prev") == std::string::npos);
    if (i > 0) CHECK(lines[i].ends_with(",\"prev\":\"" + sha256_hex(lines[i - 1]) + "\"}"));
  }
}

}  // namespace ssmgate::state
