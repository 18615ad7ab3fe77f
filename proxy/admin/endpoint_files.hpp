// The two files under `state` by which commands find a running gateway: where it listens, and the
// token that changing something needs.
//
// Owns: their names and forms, for both sides. Anew at each start: a token that was shown to
// whoever sat on the port while the gateway was down is worth nothing afterwards.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <variant>

#include "config/config.hpp"

namespace ssmgate::admin {

[[nodiscard]] std::filesystem::path token_file(const std::filesystem::path& state);
[[nodiscard]] std::filesystem::path address_file(const std::filesystem::path& state);

class EndpointFiles {
 public:
  // `admin.token` (mode 0600: 64 hexadecimal digits and a newline) and `admin.address`, over what
  // is there. A fault in words.
  [[nodiscard]] static std::variant<std::string, std::unique_ptr<EndpointFiles>> write(
      const std::filesystem::path& state, const config::Admin::Address& address);
  EndpointFiles(std::filesystem::path state, std::string token)
      : state_(std::move(state)), token_(std::move(token)) {}
  // Whatever stands there; for a gateway whose own `state` is, and that writes none.
  static void remove(const std::filesystem::path& state);
  ~EndpointFiles();  // removes them, unless another gateway has written its own
  EndpointFiles(const EndpointFiles&) = delete;
  EndpointFiles& operator=(const EndpointFiles&) = delete;

  [[nodiscard]] const std::string& token() const noexcept { return token_; }

 private:
  std::filesystem::path state_;
  std::string token_;
};

}  // namespace ssmgate::admin
