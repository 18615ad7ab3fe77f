// Requests that real clients sent (tests/captures), cut into head and body.
//
// Owns: reading well-formed captures. Does not own: any judgement on framing; a capture that is not
// well formed fails the test that asked for it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ssmgate/request/http_request.hpp"

namespace ssmgate::test {

inline std::filesystem::path captures_folder() {
  return std::filesystem::path(SSMGATE_TEST_DATA) / "captures";
}

inline std::string read_whole_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// Owns the bytes that `request` looks into, so it stays where it was made.
class Capture {
 public:
  explicit Capture(std::string_view name)
      : bytes_(read_whole_file(captures_folder() / (std::string(name) + ".http"))) {
    const std::string_view all = bytes_;
    const std::size_t end = all.find("\r\n\r\n");
    if (end == std::string_view::npos) throw std::runtime_error("no end of head in " + bytes_);
    request_.body = all.substr(end + 4);
    read_head(all.substr(0, end));
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  [[nodiscard]] const HttpRequest& request() const noexcept { return request_; }
  [[nodiscard]] std::string_view field(std::string_view name) const {
    for (const HttpField& field : request_.fields) {
      if (iequals(field.name, name)) return field.value;
    }
    return {};
  }

 private:
  void read_head(std::string_view head) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t first = line.find(' ');
    const std::size_t second = line.rfind(' ');
    request_.method = line.substr(0, first);
    request_.target = line.substr(first + 1, second - first - 1);
    for (std::size_t at = line.size(); at < head.size();) {
      const std::size_t begin = at + 2;
      at = std::min(head.find("\r\n", begin), head.size());
      const std::string_view field = head.substr(begin, at - begin);
      const std::size_t colon = field.find(':');
      request_.fields.push_back({field.substr(0, colon), field.substr(colon + 2)});
    }
  }

  std::string bytes_;
  HttpRequest request_;
};

}  // namespace ssmgate::test
