// What ~/.aws/config and ~/.aws/credentials say that sends a client elsewhere. Pure.
// SOURCE: the AWS CLI's and SDKs' shared configuration: profiles, `services` sections.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/doctor/finding.hpp"
#include "commands/doctor/surroundings.hpp"

namespace ssmgate::doctor {

struct AwsEntry {
  std::string parent;  // `ssm` for an indented line below `ssm =`; empty: none
  std::string key;
  std::string value;
  std::uint32_t line = 1;
};

struct AwsSection {
  std::string name;  // as it stands in brackets: `default`, `profile x`, `services y`
  std::vector<AwsEntry> entries;
};

[[nodiscard]] std::vector<AwsSection> parse_aws_config(std::string_view text);

// A file as it was found.
struct AwsFile {
  std::string path;
  std::optional<std::string> text;  // absent: there is none, or it cannot be read
  std::string fault;                // why it cannot be read; empty: there is none
};

struct AwsFiles {
  AwsFile config;
  AwsFile credentials;
};

// Where a value stands.
struct Setting {
  std::string value;
  std::string where;  // "AWS_ENDPOINT_URL", or "FILE:LINE"
  std::string mend;   // the line that takes it away
};

struct AwsSettings {
  std::string profile;
  bool profile_found = true;
  std::optional<Setting> ca_bundle;  // of the profile; AWS_CA_BUNDLE goes before it
  std::optional<Setting> endpoint;   // what SSM requests go by; absent: the region's own
  std::optional<std::string> region;
};

[[nodiscard]] AwsSettings find_aws_settings(const Environment& environment, const AwsFiles& files);

// `private_hosts`: `intercept.hosts`. `api`: the region's own endpoint.
[[nodiscard]] Findings check_aws_settings(const Environment& environment, const AwsFiles& files,
                                          const std::vector<std::string>& private_hosts,
                                          std::string_view api);

}  // namespace ssmgate::doctor
