// Can a glob match anything at all? Globs against the shapes that AWS names have.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace ssmgate {

// One piece of a shape: a character out of a set, once or any number of times.
struct ShapePiece {
  std::string_view set;
  bool repeats = false;  // none or more
};

using Shape = std::vector<ShapePiece>;

// Builds shapes: `text` is itself, `sets` are repeated `least` times and then, `open`, on and on.
void append_text(Shape& shape, std::string_view text);
void append_set(Shape& shape, std::string_view set, int least, bool open);

// True when some text of the shape matches the glob. O(glob × shape).
[[nodiscard]] bool glob_fits(std::string_view glob, const Shape& shape);

inline constexpr std::string_view kHexDigits = "0123456789abcdef";
inline constexpr std::string_view kDigits = "0123456789";
inline constexpr std::string_view kLowerDash = "abcdefghijklmnopqrstuvwxyz0123456789-";
inline constexpr std::string_view kAlnum =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
inline constexpr std::string_view kAlnumDash =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
inline constexpr std::string_view kAlnumDashUnderscore =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
inline constexpr std::string_view kDocumentName =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

// The shapes of docs/policy.md, "Canonical forms".
[[nodiscard]] bool can_match_target(std::string_view glob);
[[nodiscard]] bool can_match_region(std::string_view glob);
[[nodiscard]] bool can_match_operation(std::string_view glob);
[[nodiscard]] bool can_match_document_name(std::string_view glob);
// A name that AWS reserves.
[[nodiscard]] bool can_match_reserved_name(std::string_view glob);
[[nodiscard]] bool can_match_account(std::string_view glob);
// A partition that AWS has, and a region of it: `aws-cn` and `us-*` exclude each other.
[[nodiscard]] bool can_match_place(std::string_view partition, std::string_view region);
// An access key id as the decoder takes one.
[[nodiscard]] bool can_match_access_key(std::string_view glob);
// A value of a parameter that is not malformed anyway.
[[nodiscard]] bool can_match_value(std::string_view glob);
// A port of the caller's own machine, 0 to 65535.
[[nodiscard]] bool can_match_local_port(std::string_view glob);

}  // namespace ssmgate
