// Session documents: the catalogue, and one canonical form for each spelling of a document.
#include "ssmgate/names/document.hpp"

#include <algorithm>
#include <array>

#include "names/ascii.hpp"

namespace ssmgate {
namespace {

using boost::system::result;

constexpr std::size_t kMinName = 3;
constexpr std::size_t kMaxDocumentName = 128;

// SOURCE: docs/policy.md, "The catalogue of documents".
constexpr std::array<CatalogueEntry, 6> kCatalogue{{
    {.name = "AWS-StartPortForwardingSession",
     .takes_port = true,
     .takes_local_port = true,
     .default_host = {},
     .default_port = "80",
     .default_local_port = "0"},
    {.name = "AWS-StartPortForwardingSessionToRemoteHost",
     .takes_host = true,
     .takes_port = true,
     .takes_local_port = true,
     .default_host = "localhost",
     .default_port = "80",
     .default_local_port = "0"},
    {.name = "AWS-StartSSHSession",
     .takes_port = true,
     .default_host = {},
     .default_port = "22",
     .default_local_port = {}},
    {.name = "AWS-StartInteractiveCommand",
     .takes_command = true,
     .default_host = {},
     .default_port = {},
     .default_local_port = {}},
    {.name = "AWS-StartNonInteractiveCommand",
     .takes_command = true,
     .default_host = {},
     .default_port = {},
     .default_local_port = {}},
    {.name = "AWS-StartNonInteractiveCommands",
     .takes_command = true,
     .default_host = {},
     .default_port = {},
     .default_local_port = {}},
}};

// In the catalogue's table, though what it takes is not known.
constexpr std::string_view kShell = "SSM-SessionManagerRunShell";

bool is_name(std::string_view text) noexcept {
  return kMinName <= text.size() && text.size() <= kMaxDocumentName &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return ascii::is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

std::optional<DocumentFault> find_name_fault(std::string_view name) noexcept {
  const std::size_t colon = name.find(':');
  if (colon != std::string_view::npos && is_name(name.substr(0, colon))) {
    return DocumentFault::version_suffix;
  }
  if (!is_name(name)) return DocumentFault::bad_name;
  if (!find_miscased_name(name).empty()) return DocumentFault::miscased;
  return std::nullopt;
}

struct ArnFields {
  std::string_view partition, region, account, name;
};

bool is_arn_word(std::string_view word) noexcept {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return ascii::is_lower(c) || ascii::is_digit(c) || c == '-';
  });
}

bool is_account_or_empty(std::string_view account) noexcept {
  return account.empty() ||
         (account.size() == 12 && std::all_of(account.begin(), account.end(), ascii::is_digit));
}

// Cuts the first field off `text`; nothing when there is no colon behind it.
std::optional<std::string_view> take_field(std::string_view& text) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view field = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  return field;
}

// arn:PARTITION:ssm:REGION:ACCOUNT:document/NAME
std::optional<ArnFields> split_arn(std::string_view text) noexcept {
  static constexpr std::string_view kResource = "document/";
  const auto scheme = take_field(text);
  const auto partition = take_field(text);
  const auto service = take_field(text);
  const auto region = take_field(text);
  const auto account = take_field(text);
  if (!account || *scheme != "arn" || *service != "ssm" || !text.starts_with(kResource) ||
      !is_arn_word(*partition) || !is_arn_word(*region) || !is_account_or_empty(*account)) {
    return std::nullopt;
  }
  return ArnFields{*partition, *region, *account, text.substr(kResource.size())};
}

std::optional<DocumentFault> find_arn_fault(const ArnFields& arn, const Place& place) noexcept {
  if (const auto fault = find_name_fault(arn.name)) return fault;
  if (arn.account.empty() && !is_reserved_document_name(arn.name)) {
    return DocumentFault::not_aws_owned;
  }
  if (!place.region.empty() && arn.region != place.region) return DocumentFault::other_region;
  if (!place.partition.empty() && arn.partition != place.partition) {
    return DocumentFault::other_partition;
  }
  return std::nullopt;
}

}  // namespace

// Whether AWS ignores the case of a document's name is not known. So a spelling that differs from a
// catalogued one only in case is no document: it could be judged as one and opened as the other.
std::string_view find_miscased_name(std::string_view name) noexcept {
  const auto equals_but_for_case = [name](std::string_view known) {
    return name != known && ascii::iequals(name, known);
  };
  if (equals_but_for_case(kShell)) return kShell;
  for (const CatalogueEntry& entry : kCatalogue) {
    if (equals_but_for_case(entry.name)) return entry.name;
  }
  return {};
}

std::string_view describe(DocumentFault fault) noexcept {
  switch (fault) {
    case DocumentFault::bad_name: return "is not 3 to 128 of letters, digits, `_`, `.` and `-`";
    case DocumentFault::version_suffix:
      return "carries a version, which StartSession does not take: leave it out";
    case DocumentFault::bad_arn:
      return "is no ARN of a document: write `arn:PARTITION:ssm:REGION:ACCOUNT:document/NAME`";
    case DocumentFault::miscased:
      return "differs from a document of AWS only in upper and lower case: write AWS's spelling";
    case DocumentFault::not_aws_owned:
      return "has no account, which only names that AWS reserves may lack: write the account, or "
             "the"
             " name alone";
    case DocumentFault::other_region: return "is of another region than the endpoint";
    case DocumentFault::other_partition: return "is of another partition than the endpoint";
  }
  return "is no document";
}

std::string Document::text() const {
  if (owner_ != Owner::account) return name_;
  return "arn:" + partition_ + ":ssm:" + region_ + ":" + account_ + ":document/" + name_;
}

result<Document, DocumentFault> parse_document(std::string_view text, const Place& place) {
  Document document;
  if (!text.starts_with("arn:")) {
    if (const auto fault = find_name_fault(text)) return *fault;
    document.name_ = text;
    document.owner_ =
        is_reserved_document_name(text) ? Document::Owner::aws : Document::Owner::caller;
    return document;
  }
  const std::optional<ArnFields> arn = split_arn(text);
  if (!arn) return DocumentFault::bad_arn;
  if (const auto fault = find_arn_fault(*arn, place)) return *fault;
  document.name_ = arn->name;
  document.owner_ = arn->account.empty() ? Document::Owner::aws : Document::Owner::account;
  if (document.owner_ == Document::Owner::account) {
    document.account_ = arn->account;
    document.region_ = arn->region;
    document.partition_ = arn->partition;
  }
  return document;
}

bool is_reserved_document_name(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 3> kPrefixes{"aws", "amazon", "amzn"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), [name](std::string_view prefix) {
    return ascii::iequals(name.substr(0, prefix.size()), prefix);
  });
}

const CatalogueEntry* find_catalogued(std::string_view name) noexcept {
  const auto* entry = std::find_if(kCatalogue.begin(), kCatalogue.end(),
                                   [name](const CatalogueEntry& e) { return e.name == name; });
  return entry == kCatalogue.end() ? nullptr : entry;
}

std::span<const CatalogueEntry> catalogue() noexcept {
  return kCatalogue;
}

}  // namespace ssmgate
