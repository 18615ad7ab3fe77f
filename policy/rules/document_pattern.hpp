// One entry of a rule's `documents`: a name glob, or a full ARN with globs in its fields.
#pragma once

#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "ssmgate/names/document.hpp"

namespace ssmgate {

class DocumentPattern {
 public:
  // `place` is the endpoint's: an AWS-owned document stands for the ARN of that place.
  [[nodiscard]] bool matches(const Document& document, const Place& place) const noexcept;
  // True when the catalogued document of this name is one that the entry matches somewhere.
  [[nodiscard]] bool covers_catalogued(std::string_view name) const noexcept;
  // The one name that a name entry without globs matches; empty for every other entry.
  [[nodiscard]] std::string_view exact_name() const noexcept;
  [[nodiscard]] bool has_account() const noexcept { return !account_.empty(); }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  // The globs that the entry is made of; of a name entry, the name's alone.
  [[nodiscard]] bool is_arn() const noexcept { return is_arn_; }
  [[nodiscard]] const std::string& name_glob() const noexcept { return name_; }
  [[nodiscard]] const std::string& partition_glob() const noexcept { return partition_; }
  [[nodiscard]] const std::string& region_glob() const noexcept { return region_; }
  [[nodiscard]] const std::string& account_glob() const noexcept { return account_; }

 private:
  friend boost::system::result<DocumentPattern, std::string> parse_document_pattern(
      std::string_view text);
  DocumentPattern() = default;

  std::string text_;
  bool is_arn_ = false;
  bool literal_ = false;
  std::string partition_, region_, account_;  // of an ARN
  std::string name_;                          // name entries: the glob; ARNs: behind `document/`
};

// `error` says what is wrong and what to write instead.
[[nodiscard]] boost::system::result<DocumentPattern, std::string> parse_document_pattern(
    std::string_view text);

// "aws", "aws-cn" …: the partition that a region's name tells. SOURCE: botocore's partitions.json.
[[nodiscard]] std::string_view partition_of_region(std::string_view region) noexcept;

}  // namespace ssmgate
