#include "admin/page.hpp"

#include <openssl/evp.h>

#include <array>
#include <string_view>

#include "admin/page_source.hpp"

namespace ssmgate::admin {
namespace {

// SOURCE: CSP Level 3 §2.3.1: 'sha256-' and the base64 of the digest of what stands between the
// tags.
std::string hash_between(std::string_view page, std::string_view open, std::string_view close) {
  const std::size_t begin = page.find(open) + open.size();
  const std::string_view text = page.substr(begin, page.find(close, begin) - begin);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> base64{};
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
  return "'sha256-" + std::string(reinterpret_cast<const char*>(base64.data())) + "'";
}

}  // namespace

const std::string& page_text() {
  static const std::string kText(kPageSource);
  return kText;
}

const std::string& page_security() {
  static const std::string kSecurity =
      "default-src 'none'; script-src " + hash_between(page_text(), "<script>", "</script>") +
      "; style-src " + hash_between(page_text(), "<style>", "</style>") +
      "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'; require-trusted-types-for 'script'";
  return kSecurity;
}

}  // namespace ssmgate::admin
