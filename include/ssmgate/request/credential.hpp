// What a SigV4 signature claims: who signed, for which day, region and service.
// These are claims. They may be used to allow, because AWS verifies the signature of exactly the
// bytes that are relayed: a false claim is relayed and refused there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ssmgate {

struct Credential {
  std::string access_key;
  std::string date;  // YYYYMMDD
  std::string region;
  std::string service;
};

// From the value of an `Authorization: AWS4-HMAC-SHA256 Credential=…` field.
[[nodiscard]] std::optional<Credential> parse_credential(std::string_view authorization);

// The 12-digit account that an access key id carries: keys of 20 characters that begin AKIA or ASIA
// with a fifth character in Q–Z or 2–7. Others carry none.
// SOURCE: published analyses of AWS access key ids; test vectors in tests/policy/request.
[[nodiscard]] std::optional<std::string> find_account(std::string_view access_key);

}  // namespace ssmgate
