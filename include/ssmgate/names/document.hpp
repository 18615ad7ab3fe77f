// Session documents: one canonical form for each document, however it was spelt.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace ssmgate {

// Where a request goes: the region and partition that a document's ARN must agree with.
// Empty members are unknown and not compared (`ssmgate eval` without a region).
struct Place {
  std::string region;
  std::string partition;
};

enum class DocumentFault : std::uint8_t {
  bad_name,        // not 3–128 of [A-Za-z0-9_.-]
  version_suffix,  // NAME:3
  bad_arn,         // arn: that is no document's
  miscased,        // a catalogued name but for case
  not_aws_owned,   // an empty account and a name that AWS does not reserve
  other_region,
  other_partition,
};

[[nodiscard]] std::string_view describe(DocumentFault fault) noexcept;

// The document a request names. Only `parse_document` makes one.
class Document {
 public:
  enum class Owner : std::uint8_t {
    aws,      // a reserved name: the plain name and the ARN with an empty account are one document
    caller,   // any other plain name
    account,  // an ARN that carries an account
  };

  [[nodiscard]] Owner owner() const noexcept { return owner_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  // Only for Owner::account; as the request said them.
  [[nodiscard]] const std::string& account() const noexcept { return account_; }
  [[nodiscard]] const std::string& region() const noexcept { return region_; }
  [[nodiscard]] const std::string& partition() const noexcept { return partition_; }

  // The name, or the whole ARN when it carries an account.
  [[nodiscard]] std::string text() const;
  bool operator==(const Document&) const = default;

 private:
  friend boost::system::result<Document, DocumentFault> parse_document(std::string_view text,
                                                                       const Place& place);
  Document() = default;
  Owner owner_ = Owner::caller;
  std::string name_, account_, region_, partition_;
};

[[nodiscard]] boost::system::result<Document, DocumentFault> parse_document(std::string_view text,
                                                                            const Place& place);

// True for names that begin, in any case, with a prefix that AWS reserves: aws, amazon, amzn.
[[nodiscard]] bool is_reserved_document_name(std::string_view name) noexcept;

// The catalogued name, the shell's included, that `name` equals but for case; empty when it is
// spelt right or is none of them.
[[nodiscard]] std::string_view find_miscased_name(std::string_view name) noexcept;

// What a document takes, as far as it is known (docs/policy.md, "The catalogue of documents").
struct CatalogueEntry {
  std::string_view name;
  bool takes_host = false;
  bool takes_port = false;
  bool takes_local_port = false;
  bool takes_command = false;
  // What an absent parameter means; empty: nothing, so a criterion on it does not hold.
  std::string_view default_host;
  std::string_view default_port;
  std::string_view default_local_port;
};

// The shell is outside the catalogue: its owner may give it parameters.
[[nodiscard]] const CatalogueEntry* find_catalogued(std::string_view name) noexcept;
[[nodiscard]] std::span<const CatalogueEntry> catalogue() noexcept;

}  // namespace ssmgate
