// Resource patterns of IAM against the ARNs that a session touches.
//
// SOURCE: IAM User Guide, "IAM JSON policy elements: Resource": `*` and `?` stand for text within a
// segment between colons; a `*` that ends a segment can reach beyond the colon. Readers differ on
// the rest, so a pattern is read in two ways: an allow takes the narrow one, in which only a `*` at
// the very end reaches beyond a colon, and a deny the wide one, in which every wildcard does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ssmgate::tools::iam {

// arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, each a glob over text without a colon.
struct ArnFields {
  std::string partition, service, region, account, resource;
  auto operator<=>(const ArnFields&) const = default;
};

enum class Reading : unsigned char { narrow, wide };

// `${aws:PrincipalAccount}` as the account: the caller's own, whichever that is.
inline constexpr std::string_view kOwnAccount = "\x01";

// Any account, and not the empty one of AWS's own documents, which `*` is, too.
inline constexpr std::string_view kEveryAccount = "????????????";

// What the pattern stands for, one or more of which must match. Empty: no ARN of six fields.
[[nodiscard]] std::vector<ArnFields> read_resource(std::string_view pattern, Reading reading);

// The globs G for which PREFIX + G is what `glob` matches behind `prefix`. Empty: none.
[[nodiscard]] std::vector<std::string> consume_prefix(std::string_view glob,
                                                      std::string_view prefix);

// Each `${…}` as a `*`: whatever the variable stands for.
[[nodiscard]] std::string widen_variables(std::string text);

// True when the glob matches every text.
[[nodiscard]] bool matches_all(std::string_view glob) noexcept;

}  // namespace ssmgate::tools::iam
