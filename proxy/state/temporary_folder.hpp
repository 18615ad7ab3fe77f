// A folder that nobody else can look into, and that is gone with its owner.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace ssmgate::state {

class TemporaryFolder {
 public:
  // `ssmgate-PURPOSE-` and six random letters, in TMPDIR or else in /tmp; 0700.
  explicit TemporaryFolder(std::string_view purpose);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // Empty: it could not be made.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] const std::error_code& error() const noexcept { return error_; }
  // The error as one line that says what to do.
  [[nodiscard]] std::string fault() const;

 private:
  std::filesystem::path base_;
  std::filesystem::path path_;
  std::error_code error_;
};

}  // namespace ssmgate::state
