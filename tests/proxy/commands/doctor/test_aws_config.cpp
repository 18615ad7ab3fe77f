#include "commands/doctor/aws_config.hpp"

#include "proxy/commands/doctor/expect.hpp"

namespace ssmgate::doctor {
namespace {

constexpr const char* kApi = "ssm.us-east-1.amazonaws.com";

AwsFiles files_of(std::string config, std::string credentials = {}) {
  return {{"/c", std::move(config), {}}, {"/k", std::move(credentials), {}}};
}

std::string checked(const Environment& environment, const AwsFiles& files) {
  return ids(check_aws_settings(environment, files, {"ssm.corp.example"}, kApi));
}

Finding endpoint_of(const Environment& environment, const AwsFiles& files) {
  return check_aws_settings(environment, files, {}, kApi).back();
}

}  // namespace

TEST_CASE("sections, entries below an entry, comments") {
  const auto sections = parse_aws_config(
      "# note\n[default]\nregion = eu-west-1\r\n; x = y\ns3 =\n  endpoint_url = a\nregion=b\n"
      "[ profile x ]\n\nca_bundle=/f=g\n");
  REQUIRE_EQ(sections.size(), 2U);
  CHECK_EQ(sections[0].name, "default");
  REQUIRE_EQ(sections[0].entries.size(), 4U);
  CHECK_EQ(sections[0].entries[0].value, "eu-west-1");
  CHECK_EQ(sections[0].entries[2].parent, "s3");
  CHECK_EQ(sections[0].entries[2].line, 6U);
  CHECK_EQ(sections[0].entries[3].parent, "");
  CHECK_EQ(sections[1].name, "profile x");
  CHECK_EQ(sections[1].entries[0].value, "/f=g");
  for (const char* odd : {"", "\n", "[", "[x", "a = b", "  a = b", "=\n[]\n=", "\xff[\xff"}) {
    static_cast<void>(parse_aws_config(odd));
  }
}

TEST_CASE("which endpoint SSM requests go to") {
  const std::string services =
      "[default]\nservices = mine\n[services mine]\ns3 =\n  endpoint_url = http://s3\nssm =\n"
      "  endpoint_url = https://evil.example\n";
  struct Row {
    Environment environment;
    std::string config;
    const char* ids;
  };
  const Row rows[] = {
      {{}, "", "ok endpoint.own"},
      {{{"AWS_ENDPOINT_URL", "https://ssm.eu-west-1.amazonaws.com"}}, "", "ok endpoint.own"},
      {{{"AWS_ENDPOINT_URL_SSM", "https://ssm.corp.example/"}}, "", "ok endpoint.own"},
      {{{"AWS_ENDPOINT_URL", "https://evil.example"}}, "", "problem endpoint.elsewhere"},
      {{{"AWS_ENDPOINT_URL", "https://ssmmessages.us-east-1.amazonaws.com"}},
       "",
       "problem endpoint.elsewhere"},
      {{{"AWS_ENDPOINT_URL", "https://ssm.us-east-1.amazonaws.com@evil.example"}},
       "",
       "problem endpoint.elsewhere"},
      {{{"AWS_ENDPOINT_URL", "http://ssm.us-east-1.amazonaws.com"}}, "", "problem endpoint.plain"},
      {{{"AWS_ENDPOINT_URL", "https://ssm.us-east-1.amazonaws.com:8443"}},
       "",
       "problem endpoint.port"},
      {{{"AWS_ENDPOINT_URL", "https://ssm.us-east-1.amazonaws.com:443"}}, "", "ok endpoint.own"},
      {{{"AWS_ENDPOINT_URL", "https://evil.example"},
        {"AWS_ENDPOINT_URL_SSM", "https://ssm.us-east-1.amazonaws.com"}},
       "",
       "ok endpoint.own"},
      {{{"AWS_ENDPOINT_URL", "https://evil.example"},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True"}},
       "",
       "ok endpoint.own"},
      {{}, "[default]\nendpoint_url = https://evil.example\n", "problem endpoint.elsewhere"},
      {{}, "[profile x]\nendpoint_url = https://evil.example\n", "ok endpoint.own"},
      {{{"AWS_PROFILE", "x"}},
       "[profile x]\nendpoint_url = https://evil.example\n",
       "problem endpoint.elsewhere"},
      {{}, services, "problem endpoint.elsewhere"},
      {{}, "[default]\ns3 =\n  endpoint_url = https://evil.example\n", "ok endpoint.own"},
      {{{"AWS_PROFILE", "y"}}, "[default]\n", "problem endpoint.profile, ok endpoint.own"},
      {{{"AWS_PROFILE", "x"}, {"AWS_DEFAULT_PROFILE", "y"}},
       "[profile x]\n[profile y]\n",
       "warning endpoint.profiles, ok endpoint.own"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.config);
    CHECK_EQ(checked(row.environment, files_of(row.config)), row.ids);
  }
  CHECK_EQ(endpoint_of({}, files_of(services)).mend, "sed -i 7d /c");
  CHECK_EQ(endpoint_of({{"AWS_ENDPOINT_URL_SSM", "https://x"}}, files_of("")).mend,
           "unset AWS_ENDPOINT_URL_SSM");
}

TEST_CASE("a profile of the credentials' file, its region and its bundle") {
  const AwsFiles files = files_of("[profile x]\nregion = eu-west-1\nca_bundle = /a\n",
                                  "[x]\nca_bundle = /b\n[only-here]\n");
  const AwsSettings settings = find_aws_settings({{"AWS_PROFILE", "x"}}, files);
  CHECK_EQ(settings.region.value(), "eu-west-1");
  CHECK_EQ(settings.ca_bundle.value().value, "/b");
  CHECK_EQ(settings.ca_bundle.value().where, "/k:2");
  CHECK(find_aws_settings({{"AWS_PROFILE", "only-here"}}, files).profile_found);
  CHECK_EQ(find_aws_settings({{"AWS_REGION", "r"}, {"AWS_PROFILE", "x"}}, files).region.value(),
           "r");
}

}  // namespace ssmgate::doctor
