#include "rules/document_pattern.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "rules/glob_language.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate {
namespace {

constexpr std::string_view kResource = "document/";

std::vector<std::string_view> split_fields(std::string_view text) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t colon = text.find(':');
    fields.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return fields;
    text.remove_prefix(colon + 1);
  }
}

std::string check_name(std::string_view text, std::string_view name) {
  if (!can_match_document_name(name)) {
    return in_backticks(text) +
           " can match no document: write a name of 3 to 128 letters, digits, `_`, `.` and `-`";
  }
  const std::string_view right = find_miscased_name(name);
  if (right.empty()) return {};
  return in_backticks(text) + " can match no document: case matters; write `" + std::string(right) +
         '`';
}

constexpr std::string_view kArnForm =
    "; write `arn:PARTITION:ssm:REGION:ACCOUNT:document/NAME`, with globs inside the fields";

// What is wrong with an ARN entry; empty: nothing.
std::string check_arn(std::string_view text, const std::vector<std::string_view>& fields) {
  if (fields.size() == 7 && fields[5].starts_with(kResource)) {
    return in_backticks(text) + " has a version suffix, which is never allowed; remove `:" +
           std::string(fields[6].substr(0, 20)) + '`';
  }
  if (fields.size() != 6 || !fields[5].starts_with(kResource)) {
    return in_backticks(text) + " is not a document's ARN" + std::string(kArnForm);
  }
  if (!glob_matches(fields[2], "ssm") || !can_match_region(fields[3])) {
    return in_backticks(text) + " can match no document's service or region" +
           std::string(kArnForm);
  }
  if (!can_match_place(fields[1], fields[3])) {
    return in_backticks(text) + " can match nothing: no partition of AWS called " +
           in_backticks(fields[1]) + " has a region " + in_backticks(fields[3]) +
           "; write the region's own partition, such as `aws`, `aws-cn` or `aws-us-gov`, or `*`";
  }
  const std::string_view name = fields[5].substr(kResource.size());
  const std::string_view account = fields[4];
  const std::string_view plain = name.substr(0, name.find_first_of("*?"));
  if (!account.empty() && is_reserved_document_name(plain)) {
    return in_backticks(text) +
           " gives an AWS-owned document an account and can match nothing: "
           "AWS's own documents have none in their ARN (in an IAM policy this mistake leaves port "
           "forwarding open); write " +
           in_backticks(name);
  }
  if (!account.empty() && !can_match_account(account)) {
    return in_backticks(text) + " can match no account: write 12 digits, or a glob over them";
  }
  if (account.empty() && !can_match_reserved_name(name)) {
    return in_backticks(text) +
           " can match nothing: only AWS's own documents (`AWS-`, `Amazon`, "
           "`AMZN`) have no account in their ARN; write the plain name for a document of the "
           "caller's account, or the account for a shared one";
  }
  return check_name(text, name);
}

std::string check_plain(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && can_match_document_name(text.substr(0, colon))) {
    return in_backticks(text) + " has a version suffix, which is never allowed; write " +
           in_backticks(text.substr(0, colon));
  }
  return check_name(text, text);
}

}  // namespace

bool DocumentPattern::matches(const Document& document, const Place& place) const noexcept {
  const bool carries_account = document.owner() == Document::Owner::account;
  if (!is_arn_) return !carries_account && glob_matches(name_, document.name());
  if (document.owner() == Document::Owner::caller) return false;
  if (has_account() != carries_account) return false;
  if (!glob_matches(name_, document.name())) return false;
  const std::string_view region = carries_account ? document.region() : place.region;
  const std::string_view partition = carries_account ? document.partition() : place.partition;
  if (!place.region.empty() && !glob_matches(region_, region)) return false;
  if (!place.partition.empty() && !glob_matches(partition_, partition)) return false;
  return !carries_account || glob_matches(account_, document.account());
}

bool DocumentPattern::covers_catalogued(std::string_view name) const noexcept {
  return !(is_arn_ && has_account()) && glob_matches(name_, name);
}

std::string_view DocumentPattern::exact_name() const noexcept {
  return !is_arn_ && literal_ ? std::string_view(name_) : std::string_view();
}

boost::system::result<DocumentPattern, std::string> parse_document_pattern(std::string_view text) {
  DocumentPattern made;
  made.text_ = text;
  made.is_arn_ = text.starts_with("arn:");
  made.literal_ = !has_glob(text);
  if (!made.is_arn_) {
    std::string fault = check_plain(text);
    if (!fault.empty()) return fault;
    made.name_ = text;
    return made;
  }
  const auto fields = split_fields(text);
  std::string fault = check_arn(text, fields);
  if (!fault.empty()) return fault;
  made.partition_ = fields[1];
  made.region_ = fields[3];
  made.account_ = fields[4];
  made.name_ = fields[5].substr(kResource.size());
  return made;
}

std::string_view partition_of_region(std::string_view region) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kPrefixes = {{
      {"cn-", "aws-cn"},
      {"us-gov-", "aws-us-gov"},
      {"us-iso-", "aws-iso"},
      {"us-isob-", "aws-iso-b"},
      {"us-isof-", "aws-iso-f"},
      {"eu-isoe-", "aws-iso-e"},
      {"eusc-", "aws-eusc"},
  }};
  for (const auto& [prefix, partition] : kPrefixes) {
    if (region.starts_with(prefix)) return partition;
  }
  return "aws";
}

}  // namespace ssmgate
