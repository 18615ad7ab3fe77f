// What clients are told to believe, and what they are: bundles, the plugin, runtimes, JavaScript.
#include <filesystem>

#include "commands/doctor/bounded_command.hpp"
#include "commands/doctor/javascript.hpp"
#include "commands/doctor/plugin.hpp"
#include "commands/doctor/runtimes.hpp"
#include "commands/doctor/trust.hpp"
#include "proxy/commands/doctor/expect.hpp"
#include "proxy/tls/pki.hpp"

namespace ssmgate::doctor {
namespace {

// A gateway's CA, another root, and bundles of them.
class Bundles {
 public:
  Bundles() : root(test::make_test_root()), other(test::make_test_root()) {
    const std::string own = tls::to_pem(root.certificate.get());
    const std::string theirs = tls::to_pem(other.certificate.get());
    test::write_file(folder / "good", own + theirs);
    test::write_file(folder / "alone", own);
    test::write_file(folder / "without", theirs);
    test::write_file(folder / "empty", "");
    test::write_file(folder / "damaged",
                     own + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    X509_up_ref(root.certificate.get());
    gateway.roots.emplace_back(root.certificate.get());
  }

  Findings check(const char* variable, const std::string& value, bool proxy = true) {
    Environment environment = {{variable, value}};
    if (proxy) environment["HTTPS_PROXY"] = "http://127.0.0.1:8877";
    TrustFacts facts = gather_trust(environment, AwsSettings(), gateway);
    facts.node_is_installed = false;
    return check_trust(facts, OwnCommands());
  }
  std::string path(const char* name) { return (folder / name).string(); }

  test::TemporaryFolder folder;
  tls::Signer root;
  tls::Signer other;
  GatewayCertificates gateway;
};

}  // namespace

TEST_CASE("AWS_CA_BUNDLE: what is in it decides") {
  Bundles bundles;
  const auto of = [&](const char* name) {
    return ids(bundles.check("AWS_CA_BUNDLE", bundles.path(name)));
  };
  CHECK_EQ(of("good"), "ok trust.aws");
  CHECK_EQ(of("alone"), "problem trust.aws-ca-only");
  CHECK_EQ(of("without"), "problem trust.aws-without-ca");
  CHECK_EQ(of("empty"), "problem trust.aws-unusable");
  CHECK_EQ(of("damaged"), "problem trust.aws-unusable");
  CHECK_EQ(of("missing"), "problem trust.aws-unusable");
  CHECK_EQ(of(""), "problem trust.aws-unusable");  // the folder
  CHECK_EQ(ids(bundles.check("AWS_CA_BUNDLE", "")), "problem trust.aws-off");
  CHECK_EQ(ids(bundles.check("REQUESTS_CA_BUNDLE", "")), "problem trust.aws-off");
  CHECK_EQ(ids(bundles.check("REQUESTS_CA_BUNDLE", bundles.path("good"))), "ok trust.aws");
  CHECK_EQ(ids(bundles.check("PATH", "x")), "problem trust.aws-unset");
  // Without a proxy nothing of the gateway's is missed.
  CHECK_EQ(ids(bundles.check("PATH", "x", false)), "");
  CHECK_EQ(ids(bundles.check("AWS_CA_BUNDLE", bundles.path("without"), false)), "");
}

TEST_CASE("the same by what the gateway showed, when its CA is elsewhere") {
  Bundles bundles;
  const auto intermediate = test::make_test_intermediate(bundles.root);
  bundles.gateway.roots.clear();
  bundles.gateway.shown.push_back(test::forge(intermediate, "DNS:ssm.us-east-1.amazonaws.com"));
  X509_up_ref(intermediate.certificate.get());
  bundles.gateway.shown.emplace_back(intermediate.certificate.get());
  CHECK_EQ(ids(bundles.check("AWS_CA_BUNDLE", bundles.path("good"))), "ok trust.aws");
  CHECK_EQ(ids(bundles.check("AWS_CA_BUNDLE", bundles.path("alone"))), "problem trust.aws-ca-only");
  CHECK_EQ(ids(bundles.check("AWS_CA_BUNDLE", bundles.path("without"))),
           "problem trust.aws-without-ca");
}

TEST_CASE("the variables of Go and of Node") {
  Bundles bundles;
  const auto last = [&](const char* variable, const char* name) {
    return ids({bundles.check(variable, bundles.path(name)).back()});
  };
  CHECK_EQ(last("SSL_CERT_FILE", "good"), "ok trust.ssl-cert-file");
  CHECK_EQ(last("SSL_CERT_FILE", "alone"), "problem trust.ssl-cert-file-ca-only");
  CHECK_EQ(last("SSL_CERT_FILE", "missing"), "problem trust.ssl-cert-file-unusable");
  CHECK_EQ(last("NODE_EXTRA_CA_CERTS", "alone"), "ok trust.node");
  CHECK_EQ(last("NODE_EXTRA_CA_CERTS", "without"), "warning trust.node-without-ca");
  CHECK_EQ(last("NODE_EXTRA_CA_CERTS", "missing"), "warning trust.node-unusable");
  TrustFacts facts;
  facts.has_proxy = true;
  facts.node_is_installed = true;
  CHECK_EQ(ids({check_trust(facts, OwnCommands()).back()}), "warning trust.node-unset");
}

TEST_CASE("ca_bundle of the profile holds where no variable does, and its line is named") {
  Bundles bundles;
  AwsSettings settings;
  settings.ca_bundle = Setting{bundles.path("without"), "/c:3", "sed -i 3d /c"};
  const Environment proxy = {{"HTTPS_PROXY", "http://127.0.0.1:8877"}};
  TrustFacts facts = gather_trust(proxy, settings, bundles.gateway);
  facts.node_is_installed = false;
  const Findings found = check_trust(facts, OwnCommands());
  CHECK_EQ(ids(found), "problem trust.aws-without-ca");
  CHECK_EQ(found.front().mend, "sed -i 3d /c; eval \"$(ssmgate env)\"");
  Environment both = proxy;
  both["AWS_CA_BUNDLE"] = bundles.path("good");
  facts = gather_trust(both, settings, bundles.gateway);
  facts.node_is_installed = false;
  CHECK_EQ(ids(check_trust(facts, OwnCommands())), "ok trust.aws");
}

TEST_CASE("the plugin: missing, silent, old, good") {
  CHECK_EQ(ids(check_plugin({false, false, {}})), "ok plugin.version");
  CHECK_EQ(ids(check_plugin({true, false, {}})), "problem plugin.missing");
  CHECK_EQ(ids(check_plugin({true, true, {}})), "warning plugin.version");
  for (const char* odd : {"", "x\n", "1.2\n", "1.2.3.4.5\n", "1.2.3.\n", "1.2.3.99999999999\n"}) {
    CHECK_EQ(ids(check_plugin({true, true, odd})), "warning plugin.version");
  }
  CHECK_EQ(ids(check_plugin({true, true, "1.2.497.0\n"})), "warning plugin.old");
  CHECK_EQ(ids(check_plugin({true, true, "1.1.999.0\n"})), "warning plugin.old");
  CHECK_EQ(ids(check_plugin({true, true, "1.2.536.0\n"})), "ok plugin.version");
  CHECK_EQ(ids(check_plugin({true, true, "1.10.0.0"})), "ok plugin.version");
}

TEST_CASE("JavaScript's SDK is found as Node would, in the folders above, too") {
  const test::TemporaryFolder folder;
  const auto project = folder / "project";
  const auto deep = project / "src" / "deep";
  std::filesystem::create_directories(deep);
  CHECK_EQ(ids(check_javascript(gather_javascript(deep))), "");
  std::filesystem::create_directories(project / "node_modules/@aws-sdk/client-ssm");
  CHECK_EQ(ids(check_javascript(gather_javascript(deep))), "warning proxy.javascript");
  std::filesystem::create_directories(project / "node_modules/https-proxy-agent");
  CHECK_EQ(ids(check_javascript(gather_javascript(deep))), "ok proxy.javascript");
}

TEST_CASE("runtimes") {
  RuntimeAnswer python{"Python", "AWS_CA_BUNDLE", true, true, "", true, ""};
  RuntimeAnswer node{"Node", "NODE_EXTRA_CA_CERTS", true, false, "self-signed", true, ""};
  RuntimeAnswer go{"Go", "AWS_CA_BUNDLE", false, false, "", true, ""};
  CHECK_EQ(ids(check_runtimes({python, node, go}, OwnCommands())),
           "ok runtime.python, problem runtime.node, warning runtime.go");

  go.installed = false;
  const Findings absent = check_runtimes({go}, OwnCommands());
  CHECK_EQ(ids(absent), "ok runtime.go");
  CHECK_EQ(absent.front().text, "Go is not installed here, so it was not asked");

  go.installed = true;
  go.unasked = "no temporary folder; name one";
  const Findings unasked = check_runtimes({go}, OwnCommands());
  CHECK_EQ(ids(unasked), "warning runtime.go");
  CHECK_EQ(unasked.front().text, "Go is here, but could not be asked: no temporary folder");
  CHECK_FALSE(unasked.front().mend.empty());
}

TEST_CASE("a program that does not answer is ended, with what it has started") {
  using std::chrono::milliseconds;
  const auto said = ask({"sh", "-c", "echo yes; exit 3"}, milliseconds(5000));
  REQUIRE(said);
  CHECK_EQ(said->text, "yes\n");
  CHECK_EQ(said->status, 3);
  CHECK_FALSE(ask({"sh", "-c", "sleep 60 & sleep 60"}, milliseconds(50)));
  CHECK_FALSE(ask({"/nonexistent/program"}, milliseconds(5000)));
  const auto much = ask({"sh", "-c", "head -c 200000 /dev/zero"}, milliseconds(5000));
  REQUIRE(much);
  CHECK_EQ(much->text.size(), 65536U);
}

}  // namespace ssmgate::doctor
