#include "commands/doctor/aws_config.hpp"

#include <algorithm>

#include "ssmgate/names/endpoint.hpp"

namespace ssmgate::doctor {
namespace {

std::string_view without_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

class ConfigParser {
 public:
  std::vector<AwsSection> parse(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++number_;
      take(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(sections_);
  }

 private:
  void take(std::string_view line) {
    const std::string_view bare = without_space(line);
    if (bare.empty() || bare.front() == '#' || bare.front() == ';') return;
    if (line.front() == '[') {
      const std::size_t close = std::min(bare.find(']'), bare.size());
      sections_.push_back({std::string(without_space(bare.substr(1, close - 1))), {}});
      parent_.clear();
      return;
    }
    const std::size_t equals = bare.find('=');
    if (sections_.empty() || equals == std::string_view::npos) return;
    AwsEntry entry;
    entry.key = lower_case(without_space(bare.substr(0, equals)));
    entry.value = std::string(without_space(bare.substr(equals + 1)));
    entry.line = number_;
    const bool indented = line.front() == ' ' || line.front() == '\t';
    if (indented) entry.parent = parent_;
    if (!indented) parent_ = entry.value.empty() ? entry.key : "";
    sections_.back().entries.push_back(std::move(entry));
  }

  std::vector<AwsSection> sections_;
  std::string parent_;
  std::uint32_t number_ = 0;
};

const AwsEntry* find_entry(const std::vector<AwsSection>& sections, std::string_view section,
                           std::string_view parent, std::string_view key) {
  const AwsEntry* found = nullptr;
  for (const AwsSection& each : sections) {
    if (each.name != section) continue;
    for (const AwsEntry& entry : each.entries) {
      if (entry.parent == parent && entry.key == key) found = &entry;  // the last one holds
    }
  }
  return found;
}

bool has_section(const std::vector<AwsSection>& sections, std::string_view name) {
  return std::ranges::find(sections, name, &AwsSection::name) != sections.end();
}

// Both files of one profile; the credentials' file goes before the other.
class Profile {
 public:
  Profile(const AwsFiles& files, std::string name)
      : files_(files),
        name_(std::move(name)),
        config_(parse_aws_config(files.config.text.value_or(""))),
        credentials_(parse_aws_config(files.credentials.text.value_or(""))) {}

  [[nodiscard]] bool exists() const {
    return has_section(config_, section()) || has_section(credentials_, name_);
  }
  [[nodiscard]] std::optional<Setting> find(std::string_view key) const {
    if (const auto* entry = find_entry(credentials_, name_, "", key)) {
      return setting(*entry, files_.credentials.path);
    }
    if (const auto* entry = find_entry(config_, section(), "", key)) {
      return setting(*entry, files_.config.path);
    }
    return std::nullopt;
  }
  // `endpoint_url` of SSM in the `services` section that the profile names.
  [[nodiscard]] std::optional<Setting> find_ssm_endpoint() const {
    const auto services = find("services");
    if (!services) return std::nullopt;
    const auto* entry = find_entry(config_, "services " + services->value, "ssm", "endpoint_url");
    if (entry == nullptr) return std::nullopt;
    return setting(*entry, files_.config.path);
  }

 private:
  [[nodiscard]] std::string section() const {
    return name_ == "default" && !has_section(config_, "profile default") ? name_
                                                                          : "profile " + name_;
  }
  static Setting setting(const AwsEntry& entry, const std::string& path) {
    const std::string line = std::to_string(entry.line);
    return {entry.value, path + ":" + line, "sed -i " + line + "d " + shell_word(path)};
  }

  const AwsFiles& files_;
  const std::string name_;
  const std::vector<AwsSection> config_;
  const std::vector<AwsSection> credentials_;
};

// SOURCE: botocore takes AWS_DEFAULT_PROFILE before AWS_PROFILE.
std::string profile_name(const Environment& environment) {
  if (const auto name = find_filled(environment, "AWS_DEFAULT_PROFILE")) return *name;
  return find_filled(environment, "AWS_PROFILE").value_or("default");
}

bool is_true(const std::optional<std::string>& word) {
  return word && lower_case(*word) == "true";
}

std::optional<Setting> find_endpoint_setting(const Environment& environment,
                                             const Profile& profile) {
  const auto ignored = profile.find("ignore_configured_endpoint_urls");
  if (is_true(find(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) ||
      (ignored && lower_case(ignored->value) == "true")) {
    return std::nullopt;
  }
  for (const char* name : {"AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL"}) {
    if (const auto value = find_filled(environment, name)) {
      return Setting{*value, name, "unset " + std::string(name)};
    }
  }
  if (auto own = profile.find_ssm_endpoint()) return own;
  return profile.find("endpoint_url");
}

struct EndpointUrl {
  bool tls = false;
  std::string host;
  std::string port;  // empty: the scheme's own
};

EndpointUrl read_endpoint(std::string_view url) {
  EndpointUrl read;
  const std::string lower = lower_case(url);
  read.tls = lower.starts_with("https://");
  const std::size_t scheme = lower.find("://");
  std::string rest = scheme == std::string::npos ? lower : lower.substr(scheme + 3);
  rest.resize(std::min(rest.find_first_of("/?#"), rest.size()));
  rest.erase(0, rest.rfind('@') == std::string::npos ? 0 : rest.rfind('@') + 1);
  const std::size_t colon = rest.rfind(':');
  if (colon != std::string::npos && rest.find(']', colon) == std::string::npos) {
    read.port = rest.substr(colon + 1);
    rest.resize(colon);
  }
  read.host = rest;
  return read;
}

Finding check_endpoint(const Setting& endpoint, const std::vector<std::string>& private_hosts) {
  const EndpointUrl url = read_endpoint(endpoint.value);
  const auto known = find_endpoint(url.host);
  const bool served = (known && known->service == Endpoint::Service::api) ||
                      std::ranges::find(private_hosts, url.host) != private_hosts.end();
  const std::string sends = endpoint.where + " sends SSM requests to `" + endpoint.value + "`";
  if (!served) {
    return problem("endpoint.elsewhere",
                   sends + ", which is no SSM endpoint: the gateway judges none of them",
                   endpoint.mend);
  }
  if (!url.tls) {
    return problem("endpoint.plain",
                   sends + ": without TLS, HTTPS_PROXY does not apply and the gateway sees nothing",
                   endpoint.mend);
  }
  if (!url.port.empty() && url.port != "443") {
    return problem("endpoint.port",
                   sends + ": the gateway refuses any port but 443 of an SSM endpoint",
                   endpoint.mend);
  }
  return ok("endpoint.own", sends + ", an SSM endpoint");
}

}  // namespace

std::vector<AwsSection> parse_aws_config(std::string_view text) {
  return ConfigParser().parse(text);
}

AwsSettings find_aws_settings(const Environment& environment, const AwsFiles& files) {
  AwsSettings settings;
  settings.profile = profile_name(environment);
  const Profile profile(files, settings.profile);
  settings.profile_found = settings.profile == "default" || profile.exists();
  settings.ca_bundle = profile.find("ca_bundle");
  settings.endpoint = find_endpoint_setting(environment, profile);
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (!settings.region) settings.region = find_filled(environment, name);
  }
  if (const auto own = profile.find("region"); own && !settings.region)
    settings.region = own->value;
  return settings;
}

Findings check_aws_settings(const Environment& environment, const AwsFiles& files,
                            const std::vector<std::string>& private_hosts, std::string_view api) {
  Findings found;
  for (const AwsFile* file : {&files.config, &files.credentials}) {
    if (file->fault.empty()) continue;
    found.push_back(problem("endpoint.file", "`" + file->path + "` cannot be read: " + file->fault,
                            "chmod u+r " + shell_word(file->path)));
  }
  const AwsSettings settings = find_aws_settings(environment, files);
  if (!settings.profile_found) {
    found.push_back(problem("endpoint.profile",
                            "the profile `" + settings.profile + "` stands neither in `" +
                                files.config.path + "` nor in `" + files.credentials.path +
                                "`: every AWS command ends at once",
                            "unset AWS_PROFILE AWS_DEFAULT_PROFILE"));
  }
  const auto first = find_filled(environment, "AWS_DEFAULT_PROFILE");
  const auto second = find_filled(environment, "AWS_PROFILE");
  if (first && second && *first != *second) {
    found.push_back(warning("endpoint.profiles",
                            "AWS_DEFAULT_PROFILE and AWS_PROFILE differ: boto3 goes by the first, "
                            "session-manager-plugin by the second",
                            "unset AWS_DEFAULT_PROFILE"));
  }
  found.push_back(settings.endpoint ? check_endpoint(*settings.endpoint, private_hosts)
                                    : ok("endpoint.own", "SSM requests go to " + std::string(api)));
  return found;
}

}  // namespace ssmgate::doctor
