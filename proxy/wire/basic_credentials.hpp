// A name and a password from the value of a Proxy-Authorization field.
//
// Owns: the one spelling that is read. Does not own: whether the password is right (auth/).
// SOURCE: RFC 7617, RFC 4648 §4.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace ssmgate::wire {

// Text that is wiped from memory when it goes. Behind a pointer: a short string that is moved would
// leave its bytes where it was.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : text_(std::make_unique<std::string>(text)) {}
  Secret(Secret&& other) noexcept = default;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }
  [[nodiscard]] const std::string& text() const noexcept;

 private:
  void wipe() noexcept;
  std::unique_ptr<std::string> text_;  // null: empty
};

// Overwrites the bytes of `text` and empties it.
void wipe(std::string& text) noexcept;

struct BasicCredentials {
  std::string name;
  Secret password;
};

// Why the field could not be read, in words without a byte of it.
struct CredentialsFault {
  std::string_view detail;
};

// LIMIT: bytes. libxcrypt takes passwords of up to 511.
inline constexpr std::size_t kMaxPassword = 511;

// `Basic` (in any case), spaces, and canonical base64 of NAME:PASSWORD: a name of 1 to 256 bytes
// without a colon, up to 511 of password, both UTF-8 without control characters. A NUL above all
// would end the password early in crypt(3).
[[nodiscard]] std::variant<CredentialsFault, BasicCredentials> parse_basic_credentials(
    std::string_view value);

}  // namespace ssmgate::wire
