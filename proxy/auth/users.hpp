// The users file: NAME:HASH a line, `#` begins a comment line.
//
// Owns: which names and hashes are taken. Does not own: checking a password (password_checker.hpp).
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::auth {

// INVARIANT: at least one user.
class Users {
 public:
  using Hashes = std::map<std::string, std::string, std::less<>>;
  explicit Users(Hashes hashes);

  // The hash of `name`; null when there is no such user.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  // Somebody's hash, to be checked in place of the one that a name does not have, so that a wrong
  // name costs what a wrong password does. The same `number` finds the same hash.
  [[nodiscard]] const std::string& decoy(std::size_t number) const;
  [[nodiscard]] std::size_t size() const noexcept { return hashes_.size(); }

 private:
  Hashes hashes_;
  std::vector<const std::string*> all_;
};

struct LoadedUsers {
  std::shared_ptr<const Users> users;  // null when `diagnostics` has errors
  Diagnostics diagnostics;
};

// Hashes are crypt(3)'s: yescrypt, gost-yescrypt, scrypt, bcrypt, sha512crypt, sha256crypt.
// Whatever libxcrypt calls weak (DES, MD5, NT, SHA-1), has no hash behind its salt, or is unknown
// is an error, and so is a name that stands twice, or that no policy could name.
[[nodiscard]] LoadedUsers parse_users(std::string_view text);

// The same of a file, which nobody but its owner may be able to read. A fault is a line for
// standard error each.
[[nodiscard]] std::variant<std::vector<std::string>, std::shared_ptr<const Users>> load_users(
    const std::filesystem::path& path);

}  // namespace ssmgate::auth
