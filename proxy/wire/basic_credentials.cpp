#include "wire/basic_credentials.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include <cstring>
#include <utility>

#include "ssmgate/rules/decide.hpp"
#include "wire/utf8.hpp"

namespace ssmgate::wire {
namespace {

constexpr std::string_view kScheme = "basic";
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
// LIMIT: what the longest name and password make, in base64.
constexpr std::size_t kMaxEncoded = (kMaxUserName + 1 + kMaxPassword + 2) / 3 * 4;

std::optional<std::uint32_t> digit_of(char c) {
  const std::size_t digit = kAlphabet.find(c);
  if (digit == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint32_t>(digit);
}

// Nothing for what is not the one base64 of some bytes: no line ends, whole groups, zero bits
// behind the last byte.
std::optional<Secret> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  const std::string_view digits = text.substr(0, text.size() - padding);
  std::string bytes;
  bytes.reserve(text.size());  // no reallocation would leave a copy behind
  std::uint32_t bits = 0;
  unsigned held = 0;
  bool sound = true;
  for (const char c : digits) {
    const auto digit = digit_of(c);
    sound = sound && digit.has_value();
    bits = (bits << 6U) | digit.value_or(0);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>((bits >> held) & 0xffU);
  }
  sound = sound && (bits & ((1U << held) - 1)) == 0;
  Secret decoded(bytes);
  wipe(bytes);
  if (!sound) return std::nullopt;
  return decoded;
}

// What follows `Basic` and at least one space; nothing for another scheme.
std::optional<std::string_view> strip_scheme(std::string_view value) {
  if (value.size() <= kScheme.size() || value[kScheme.size()] != ' ') return std::nullopt;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = value[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower != kScheme[i]) return std::nullopt;
  }
  value.remove_prefix(kScheme.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

}  // namespace

void wipe(std::string& text) noexcept {
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

void Secret::wipe() noexcept {
  if (text_) wire::wipe(*text_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
  wipe();
  text_ = std::move(other.text_);
  return *this;
}

const std::string& Secret::text() const noexcept {
  static const std::string kNone;
  return text_ ? *text_ : kNone;
}

std::variant<CredentialsFault, BasicCredentials> parse_basic_credentials(std::string_view value) {
  const auto encoded = strip_scheme(value);
  if (!encoded) return CredentialsFault{"Proxy-Authorization is not of the scheme `Basic`"};
  if (encoded->size() > kMaxEncoded) {
    return CredentialsFault{"the name and the password are too long"};
  }
  const auto decoded = decode_base64(*encoded);
  if (!decoded) return CredentialsFault{"Proxy-Authorization holds no canonical base64"};
  const std::string_view text = decoded->text();
  if (!is_plain_text(text)) {
    return CredentialsFault{"the name or the password is no UTF-8 or has control characters"};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return CredentialsFault{"Proxy-Authorization holds no NAME:PASSWORD"};
  }
  if (colon == 0) return CredentialsFault{"Proxy-Authorization holds no name"};
  if (colon > kMaxUserName || text.size() - colon - 1 > kMaxPassword) {
    return CredentialsFault{"the name or the password is too long"};
  }
  BasicCredentials credentials;
  credentials.name = text.substr(0, colon);
  credentials.password = Secret(text.substr(colon + 1));
  return credentials;
}

}  // namespace ssmgate::wire
