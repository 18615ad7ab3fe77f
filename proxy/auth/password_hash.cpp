#include "auth/password_hash.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <crypt.h>
#include <openssl/crypto.h>
#include <cstring>

namespace ssmgate::auth {
namespace {

// SOURCE: crypt(5). `digest` is how many characters the hash proper has behind its last `$`; for
// bcrypt salt and hash stand together.
struct Method {
  std::string_view prefix;
  std::size_t digest;
};
constexpr std::array<Method, 8> kMethods = {{{"$y$", 43},
                                             {"$gy$", 43},
                                             {"$7$", 43},
                                             {"$2b$", 53},
                                             {"$2y$", 53},
                                             {"$2a$", 53},
                                             {"$6$", 86},
                                             {"$5$", 43}}};

bool is_weak(std::string_view hash) {
  static constexpr std::string_view kWeak[] = {"$1$",    "$2x$",   "$3$", "$md5",
                                               "$sha1$", "$apr1$", "_",   "{"};
  const bool marked =
      std::ranges::any_of(kWeak, [&](std::string_view prefix) { return hash.starts_with(prefix); });
  return marked || (hash.size() == 13 && hash.front() != '$');
}

bool is_crypt_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '/';
}

bool has_digest(std::string_view hash, std::size_t size) {
  const std::size_t dollar = hash.rfind('$');
  const std::string_view digest = hash.substr(dollar + 1);
  return digest.size() == size && std::ranges::all_of(digest, is_crypt_char);
}

}  // namespace

std::string_view fault_in_hash(std::string_view hash) {
  if (hash.empty()) return "is empty, which would let anyone in; write one made by `mkpasswd`";
  if (hash.front() == '!' || hash.front() == '*') {
    return "is that of a locked account; take the line out instead";
  }
  if (is_weak(hash)) {
    return "is weak (DES, MD5, NT or SHA-1); make a new one: `mkpasswd --method=yescrypt`";
  }
  const auto method = std::ranges::find_if(
      kMethods, [&](const Method& each) { return hash.starts_with(each.prefix); });
  if (method == kMethods.end()) {
    return "is none of crypt(3)'s; make one: `mkpasswd --method=yescrypt`";
  }
  // What no method writes; a colon is another field, as in /etc/shadow.
  const bool clean = std::ranges::all_of(hash, [](char c) {
    return is_crypt_char(c) || c == '$' || c == '=' || c == ',' || c == '-';
  });
  const std::string text(hash);
  if (!clean || text.size() >= CRYPT_OUTPUT_SIZE || !has_digest(hash, method->digest) ||
      ::crypt_checksalt(text.c_str()) == CRYPT_SALT_INVALID) {
    return "is not whole; make a new one: `mkpasswd --method=yescrypt`";
  }
  return {};
}

bool matches_hash(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();
  const char* made = ::crypt_r(password.c_str(), hash.c_str(), data.get());
  const std::string_view result = made == nullptr ? std::string_view() : made;
  const bool same = result.size() == hash.size() && !result.empty() && result.front() != '*' &&
                    CRYPTO_memcmp(result.data(), hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(data.get(), sizeof(crypt_data));
  return same;
}

}  // namespace ssmgate::auth
