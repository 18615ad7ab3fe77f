// The words that AWS's names can be, as languages (docs/policy.md, "Canonical forms").
#pragma once

#include <string_view>

#include "sets/language.hpp"

namespace ssmgate::sets {

inline constexpr std::size_t kMaxTargetLength = 400;
inline constexpr std::size_t kMaxNameLength = 128;
inline constexpr std::size_t kMaxRegionLength = 63;
inline constexpr std::size_t kMaxKeyLength = 128;
inline constexpr std::size_t kMaxHostLength = 253;

[[nodiscard]] const Language& target_shape();
// `i-` and 17 digits: what a person expects to see.
[[nodiscard]] const Language& plain_target_shape();
[[nodiscard]] const Language& region_shape();
// Of any document.
[[nodiscard]] const Language& name_shape();
// The catalogued names and the shell, in any case.
[[nodiscard]] const Language& catalogued_in_any_case();
// Names that AWS reserves.
[[nodiscard]] const Language& reserved_names();
[[nodiscard]] const Language& account_shape();
// Of access key ids: visible ASCII but for what a signature's scope cannot hold.
[[nodiscard]] const Language& key_shape();
// Key ids that carry some account, or the account of these twelve digits.
[[nodiscard]] const Language& keys_with_account();
[[nodiscard]] Language keys_of_account(std::string_view account);
[[nodiscard]] const Language& operation_shape();
// Values that hold no `{{`: what they may be, and what they may not.
[[nodiscard]] const Language& value_shape();
[[nodiscard]] const Language& parameter_reference();
// 0 to 65535 as ports are written.
[[nodiscard]] const Language& port_texts();
// Canonical host names: of these letters, and none of the ill-formed.
[[nodiscard]] const Language& host_shape();
[[nodiscard]] const Language& ill_formed_hosts();
// Names with a label over 63: kept apart, for few problems come near.
[[nodiscard]] const Language& hosts_with_long_label();
[[nodiscard]] const Language& guarded_names();

}  // namespace ssmgate::sets
