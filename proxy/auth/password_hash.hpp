// crypt(3) by libxcrypt: which hashes are strong enough, and whether a password is the right one.
#pragma once

#include <string>
#include <string_view>

namespace ssmgate::auth {

// Why `hash` is not taken, in words that follow "the hash of X"; empty when it is. The words hold
// nothing of the hash.
[[nodiscard]] std::string_view fault_in_hash(std::string_view hash);

// Costs what the hash says: milliseconds to seconds of processor time. Safe from several threads.
[[nodiscard]] bool matches_hash(const std::string& password, const std::string& hash);

}  // namespace ssmgate::auth
