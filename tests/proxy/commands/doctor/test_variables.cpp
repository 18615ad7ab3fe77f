// What each client makes of the variables, as measured with the clients themselves.
#include "commands/doctor/proxy_variables.hpp"
#include "commands/doctor/regions.hpp"

#include "proxy/commands/doctor/expect.hpp"

namespace ssmgate::doctor {
namespace {

constexpr const char* kApi = "ssm.us-east-1.amazonaws.com";
constexpr const char* kChannel = "ssmmessages.us-east-1.amazonaws.com";
constexpr const char* kGateway = "http://127.0.0.1:8877";

struct Row {
  Environment environment;
  std::string ids;
};

Findings proxy_of(const Environment& environment) {
  return check_proxy_variables(environment, OwnCommands(), kGateway);
}

}  // namespace

TEST_CASE("the proxy that a shell has, client by client") {
  const Row rows[] = {
      {{}, "problem proxy.unset"},
      {{{"HTTPS_PROXY", ""}}, "problem proxy.unset"},
      {{{"HTTPS_PROXY", ""}, {"https_proxy", ""}}, "problem proxy.unset"},
      {{{"HTTP_PROXY", kGateway}}, "problem proxy.http-only"},
      {{{"http_proxy", kGateway}}, "problem proxy.http-only"},
      {{{"ALL_PROXY", kGateway}}, "problem proxy.all-only"},
      {{{"all_proxy", kGateway}}, "problem proxy.all-only"},
      {{{"HTTPS_PROXY", kGateway}}, "ok proxy.set"},
      {{{"https_proxy", kGateway}}, "ok proxy.set"},
      {{{"HTTPS_PROXY", ""}, {"https_proxy", kGateway}}, "ok proxy.set"},
      {{{"HTTPS_PROXY", kGateway}, {"https_proxy", kGateway}}, "ok proxy.set"},
      {{{"HTTPS_PROXY", kGateway}, {"https_proxy", ""}}, "problem proxy.spellings"},
      {{{"HTTPS_PROXY", kGateway}, {"https_proxy", "http://proxy.example:3128"}},
       "problem proxy.spellings, ok proxy.set"},
      {{{"HTTPS_PROXY", "127.0.0.1:8877"}}, "warning proxy.no-scheme"},
      {{{"HTTPS_PROXY", "https://gate.example:8443"}}, "warning proxy.https"},
      {{{"HTTPS_PROXY", "HTTP://127.0.0.1:8877/"}}, "ok proxy.set"},
      {{{"HTTPS_PROXY", "socks5://127.0.0.1:1080"}}, "problem proxy.socks"},
      {{{"HTTPS_PROXY", "SOCKS5h://127.0.0.1:1080"}}, "problem proxy.socks"},
      {{{"HTTPS_PROXY", "http://127.0.0.1:88777"}}, "problem proxy.unreadable"},
      {{{"HTTPS_PROXY", "http://"}}, "problem proxy.unreadable"},
      {{{"HTTPS_PROXY", "ftp://127.0.0.1:8877"}}, "problem proxy.unreadable"},
  };
  for (const Row& row : rows) CHECK_EQ(ids(proxy_of(row.environment)), row.ids);
}

TEST_CASE("Python goes by the lower case, and Go by the upper") {
  const ProxySeen seen = find_proxy({{"HTTPS_PROXY", "http://a"}, {"https_proxy", "http://b"}});
  CHECK_EQ(seen.botocore.value(), "http://b");
  CHECK_EQ(seen.go.value(), "http://a");
  const ProxySeen hidden = find_proxy({{"HTTPS_PROXY", "http://a"}, {"https_proxy", ""}});
  CHECK_FALSE(hidden.botocore);
  CHECK_EQ(hidden.go.value(), "http://a");
}

TEST_CASE("the spelling that leads to the gateway is the one that is kept") {
  const std::string other = "http://proxy.example:3128";
  CHECK_EQ(proxy_of({{"HTTPS_PROXY", kGateway}, {"https_proxy", other}}).front().mend,
           "export https_proxy=\"$HTTPS_PROXY\"");
  CHECK_EQ(proxy_of({{"HTTPS_PROXY", other}, {"https_proxy", kGateway}}).front().mend,
           "export HTTPS_PROXY=\"$https_proxy\"");
}

TEST_CASE("no password is shown") {
  for (const char* url : {"http://alice:s3cret@127.0.0.1:8877", "alice:s3cret@127.0.0.1:8877",
                          "https://alice:s3cret@127.0.0.1:8877", "http://alice:s3cret@:8877",
                          "http://alice:s3cret@127.0.0.1:99999", "socks5://alice:s3cret@x:1"}) {
    const Findings found = proxy_of({{"HTTPS_PROXY", url}, {"https_proxy", "http://b:s3cret@x:1"}});
    CHECK_EQ(render_json(found).find("s3cret"), std::string::npos);
  }
}

TEST_CASE("an entry of NO_PROXY, client by client") {
  struct Entry {
    const char* text;
    bool botocore;
    bool go;
  };
  const Entry entries[] = {
      {"amazonaws.com", true, true},
      {".amazonaws.com", true, true},
      {kApi, true, true},
      {"AMAZONAWS.COM", true, true},
      {"*", true, true},
      {"*.amazonaws.com", false, true},
      {"ssm.us-east-1.amazonaws.com:443", false, true},
      {"ssm.us-east-1.amazonaws.com:8443", false, false},
      {"10.0.0.0/8", false, false},
      {"amazonaws.co", false, false},
      {"zonaws.com", false, false},
      {".", false, false},
      {"ssm", false, false},
      {"us-east-1.amazonaws.com", true, true},
      {"*amazonaws.com", false, false},
  };
  for (const Entry& entry : entries) {
    CAPTURE(entry.text);
    CHECK_EQ(botocore_bypasses(entry.text, kApi), entry.botocore);
    CHECK_EQ(go_bypasses(entry.text, kApi), entry.go);
  }
  CHECK(go_bypasses("169.254.0.0/16", "169.254.169.254"));
  CHECK_FALSE(botocore_bypasses("169.254.0.0/16", "169.254.169.254"));
}

TEST_CASE("what NO_PROXY keeps away is named, and the line leaves the rest as it is") {
  const Row rows[] = {
      {{}, "ok no-proxy.ssm"},
      {{{"NO_PROXY", "localhost, .corp.example"}}, "ok no-proxy.ssm"},
      {{{"NO_PROXY", "amazonaws.com"}}, "problem no-proxy.ssm"},
      {{{"no_proxy", "*"}}, "problem no-proxy.ssm"},
      {{{"NO_PROXY", "*.amazonaws.com"}}, "problem no-proxy.ssm"},
      {{{"NO_PROXY", kChannel}}, "warning no-proxy.channel"},
      {{{"NO_PROXY", "ssm.eu-west-1.amazonaws.com"}}, "warning no-proxy.other"},
      {{{"NO_PROXY", "a"}, {"no_proxy", "b"}}, "warning no-proxy.spellings"},
      {{{"NO_PROXY", "a,b"}, {"no_proxy", "b, a"}}, "ok no-proxy.ssm"},
      // The AWS CLI goes by the lower case alone, and reads this entry as no match.
      {{{"NO_PROXY", "amazonaws.com"}, {"no_proxy", "localhost"}},
       "problem no-proxy.ssm, warning no-proxy.spellings"},
  };
  for (const Row& row : rows) {
    CHECK_EQ(ids(check_no_proxy(row.environment, kApi, kChannel)), row.ids);
  }
  const Findings found =
      check_no_proxy({{"NO_PROXY", "localhost,amazonaws.com,it's"}}, kApi, kChannel);
  CHECK_EQ(found.front().mend,
           "export NO_PROXY='localhost,it'\\''s' no_proxy='localhost,it'\\''s'");
}

TEST_CASE("credentials of instances and containers are not asked of the gateway") {
  const char* const no = "169.254.169.254,169.254.170.2,169.254.170.23";
  const Row rows[] = {
      {{{"HTTPS_PROXY", kGateway}}, "ok no-proxy.credentials"},
      {{{"HTTP_PROXY", kGateway}}, "problem no-proxy.credentials"},
      {{{"http_proxy", kGateway}}, "problem no-proxy.credentials"},
      {{{"HTTP_PROXY", kGateway}, {"NO_PROXY", no}}, "ok no-proxy.credentials"},
      // Go reads blocks of addresses, Python does not.
      {{{"HTTP_PROXY", kGateway}, {"NO_PROXY", "169.254.0.0/16"}}, "problem no-proxy.credentials"},
      {{{"HTTP_PROXY", kGateway}, {"AWS_EC2_METADATA_DISABLED", "true"}},
       "ok no-proxy.credentials"},
      {{{"HTTP_PROXY", kGateway},
        {"AWS_EC2_METADATA_DISABLED", "TRUE"},
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"}},
       "problem no-proxy.credentials"},
  };
  for (const Row& row : rows) CHECK_EQ(ids(check_credential_hosts(row.environment)), row.ids);
  const Findings found = check_credential_hosts({{"HTTP_PROXY", kGateway}, {"NO_PROXY", "a"}});
  CHECK_EQ(ids(check_credential_hosts(
               {{"HTTP_PROXY", kGateway},
                {"NO_PROXY", found[0].mend.substr(16, found[0].mend.find(' ', 16) - 16)}})),
           "ok no-proxy.credentials");
}

TEST_CASE("words of a shell") {
  CHECK_EQ(shell_word("a/b.pem"), "a/b.pem");
  CHECK_EQ(shell_word(""), "''");
  CHECK_EQ(shell_word("a b"), "'a b'");
  CHECK_EQ(shell_word("$(x)'"), "'$(x)'\\'''");
}

TEST_CASE("a region's hosts are those of its partition") {
  struct Row {
    const char* region;
    const char* api;
  };
  const Row rows[] = {{"us-east-1", "ssm.us-east-1.amazonaws.com"},
                      {"ap-northeast-12", "ssm.ap-northeast-12.amazonaws.com"},
                      {"us-gov-west-1", "ssm.us-gov-west-1.amazonaws.com"},
                      {"cn-north-1", "ssm.cn-north-1.amazonaws.com.cn"},
                      {"eusc-de-east-1", "ssm.eusc-de-east-1.amazonaws.eu"},
                      {"us-iso-east-1", "ssm.us-iso-east-1.c2s.ic.gov"},
                      {"us-isob-east-1", "ssm.us-isob-east-1.sc2s.sgov.gov"},
                      {"eu-isoe-west-1", "ssm.eu-isoe-west-1.cloud.adc-e.uk"},
                      {"us-isof-south-1", "ssm.us-isof-south-1.csp.hci.ic.gov"}};
  for (const Row& row : rows) {
    const auto hosts = find_region_hosts(row.region);
    REQUIRE_MESSAGE(hosts, row.region);
    CHECK_EQ(hosts->api, row.api);
    CHECK_EQ(hosts->channel, "ssmmessages" + hosts->api.substr(3));
  }
  for (const char* odd : {"", "nowhere", "us-east", "us-east-", "us-1", "-east-1", "US-EAST-1",
                          "us-east-1a", "us-east-1.evil", "us_east_1", "u-east-1"}) {
    CHECK_FALSE_MESSAGE(find_region_hosts(odd), odd);
  }
}

}  // namespace ssmgate::doctor
