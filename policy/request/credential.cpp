// What a SigV4 header claims. Nothing here is verified: the gateway has no secret key.
#include "ssmgate/request/credential.hpp"

#include <algorithm>
#include <array>

#include "names/ascii.hpp"

namespace ssmgate {
namespace {

constexpr std::string_view kScheme = "AWS4-HMAC-SHA256";
// None of them twice and nothing else: of two, or of one that is new, no two readers are sure. What
// is missing, AWS refuses.
constexpr std::array<std::string_view, 3> kComponents = {
    "Credential=", "SignedHeaders=", "Signature="};
constexpr std::string_view kTerminator = "aws4_request";
// LIMIT: AWS's own access key ids have 16 to 128 characters.
constexpr std::size_t kMaxPart = 128;

std::string_view trim(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The parts go into records and messages, so they are visible ASCII.
bool is_part(std::string_view part) noexcept {
  return !part.empty() && part.size() <= kMaxPart &&
         std::all_of(part.begin(), part.end(),
                     [](char c) { return '!' <= c && c <= '~' && c != '=' && c != '`'; });
}

bool is_date(std::string_view text) noexcept {
  return text.size() == 8 && std::all_of(text.begin(), text.end(), ascii::is_digit);
}

// ACCESS-KEY/YYYYMMDD/REGION/SERVICE/aws4_request
std::optional<Credential> parse_scope(std::string_view text) {
  std::array<std::string_view, 5> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t slash = text.find('/');
    const bool last = i + 1 == parts.size();
    if (last != (slash == std::string_view::npos)) return std::nullopt;
    parts[i] = text.substr(0, slash);
    if (!is_part(parts[i])) return std::nullopt;
    if (!last) text.remove_prefix(slash + 1);
  }
  if (!is_date(parts[1]) || parts[4] != kTerminator) return std::nullopt;
  return Credential{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]),
                    std::string(parts[3])};
}

// The value of `Credential`, when it is beyond doubt.
std::optional<std::string_view> find_only_credential(std::string_view components) noexcept {
  std::array<std::optional<std::string_view>, kComponents.size()> found;
  while (true) {
    const std::size_t comma = components.find(',');
    const std::string_view component = trim(components.substr(0, comma));
    const auto known =
        std::find_if(kComponents.begin(), kComponents.end(),
                     [&](std::string_view name) { return component.starts_with(name); });
    if (known == kComponents.end()) return std::nullopt;
    auto& value = found[static_cast<std::size_t>(known - kComponents.begin())];
    if (value || component.size() == known->size()) return std::nullopt;
    value = component.substr(known->size());
    if (comma == std::string_view::npos) return found.front();
    components.remove_prefix(comma + 1);
  }
}

// RFC 4648's base32 digit, or -1.
int base32_value(char c) noexcept {
  if (ascii::is_upper(c)) return c - 'A';
  return '2' <= c && c <= '7' ? c - '2' + 26 : -1;
}

}  // namespace

std::optional<Credential> parse_credential(std::string_view authorization) {
  if (!authorization.starts_with(kScheme)) return std::nullopt;
  authorization.remove_prefix(kScheme.size());
  if (!authorization.starts_with(' ')) return std::nullopt;
  const auto credential = find_only_credential(authorization);
  return credential ? parse_scope(*credential) : std::nullopt;
}

std::optional<std::string> find_account(std::string_view access_key) {
  constexpr std::size_t kSize = 20;
  constexpr std::uint64_t kAccounts = 1'000'000'000'000;
  if (access_key.size() != kSize) return std::nullopt;
  if (!access_key.starts_with("AKIA") && !access_key.starts_with("ASIA")) return std::nullopt;
  std::uint64_t bits = 0;
  for (std::size_t i = 4; i < kSize; ++i) {
    const int digit = base32_value(access_key[i]);
    if (digit < 0) return std::nullopt;
    // The account is in the first ten digits; the rest only has to be of the alphabet.
    if (i < 14) bits = bits << 5U | static_cast<std::uint64_t>(digit);
  }
  // 50 bits: a one, which tells new keys from old, 40 of the account, 9 of the rest.
  if ((bits >> 49U) == 0) return std::nullopt;
  const std::uint64_t account = (bits >> 9U) & 0xFF'FFFF'FFFFU;
  if (account >= kAccounts) return std::nullopt;
  std::string text = std::to_string(account);
  return std::string(12 - text.size(), '0') + text;
}

}  // namespace ssmgate
