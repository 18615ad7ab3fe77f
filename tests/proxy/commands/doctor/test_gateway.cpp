#include "commands/doctor/gateway.hpp"

#include "commands/doctor/running.hpp"
#include "commands/doctor/trust.hpp"
#include "proxy/commands/doctor/expect.hpp"
#include "proxy/tls/pki.hpp"

namespace ssmgate::doctor {
namespace {

constexpr const char* kHost = "ssm.us-east-1.amazonaws.com";
using Outcome = GatewayFacts::Outcome;

GatewayFacts facts_of(Outcome outcome) {
  GatewayFacts facts;
  facts.outcome = outcome;
  facts.proxy.host = "127.0.0.1";
  facts.proxy.port = 8877;
  facts.fault =
      flow::make_fault(Code::upstream_refused, "http://127.0.0.1:8877: connection refused");
  return facts;
}

GatewayView view_of(bool ours = true) {
  return {kHost, "http://127.0.0.1:8877", true, ours, false, tls::Clock::now()};
}

// What a gateway shows for `host`, alive from `begin` on for two days.
Shown shown_for(const std::string& host, tls::Clock::time_point begin) {
  const auto root = test::make_test_root();
  auto between = test::make_test_intermediate(root);
  const auto key = tls::make_key();
  Shown shown;
  shown.push_back(
      tls::make_leaf(key.get(), between, host, {begin, begin + std::chrono::hours(48)}));
  shown.push_back(std::move(between.certificate));
  return shown;
}

std::string checked(const GatewayFacts& facts, const GatewayView& view) {
  return ids(check_gateway(facts, view, OwnCommands()));
}

}  // namespace

TEST_CASE("nobody answers") {
  auto facts = facts_of(Outcome::failed);
  auto view = view_of();
  CHECK_EQ(checked(facts, view), "problem gateway.unreachable");
  CHECK_EQ(check_gateway(facts, view, OwnCommands()).front().mend, "ssmgate serve &");
  view.configured = "http://127.0.0.1:9999";
  CHECK_EQ(check_gateway(facts, view, OwnCommands()).front().mend,
           "unset HTTPS_PROXY https_proxy; eval \"$(ssmgate env)\"");
  facts.listener_distrusted = true;
  CHECK_EQ(checked(facts, view), "problem gateway.listener");
}

TEST_CASE("the URL says TLS where none is spoken, and the reverse") {
  auto facts = facts_of(Outcome::speaks_tls);
  CHECK_EQ(checked(facts, view_of()), "problem gateway.tls");
  CHECK_EQ(check_gateway(facts, view_of(), OwnCommands()).front().mend,
           "export HTTPS_PROXY=https://127.0.0.1:8877 https_proxy=https://127.0.0.1:8877");
  facts = facts_of(Outcome::speaks_plain);
  facts.proxy.tls = true;
  facts.proxy.username = "alice";
  facts.proxy.password = "s3cret";
  const Finding found = check_gateway(facts, view_of(), OwnCommands()).front();
  CHECK_EQ(found.id, "gateway.plain");
  CHECK_EQ(found.mend,
           "export HTTPS_PROXY=http://NAME:PASSWORD@127.0.0.1:8877 "
           "https_proxy=http://NAME:PASSWORD@127.0.0.1:8877");
}

TEST_CASE("who answers, and with which certificate") {
  const auto now = tls::Clock::now();
  const std::chrono::hours hour{1};
  auto facts = facts_of(Outcome::reached);
  facts.shown = shown_for(kHost, now - hour);
  CHECK_EQ(checked(facts, view_of()), "ok gateway.reached, ok gateway.leaf");
  CHECK_EQ(checked(facts, view_of(false)), "warning gateway.other, ok gateway.leaf");
  auto view = view_of(false);
  view.has_roots = false;
  CHECK_EQ(checked(facts, view), "ok gateway.reached, ok gateway.leaf");
  view.is_aws = true;
  CHECK_EQ(checked(facts, view), "problem gateway.not-intercepting");
  facts.asks_for_password = true;
  CHECK_EQ(checked(facts, view_of()),
           "ok gateway.reached, problem gateway.password, ok gateway.leaf");
  facts.asks_for_password = false;

  facts.shown = shown_for(kHost, now + hour);
  CHECK_EQ(checked(facts, view_of()), "ok gateway.reached, problem gateway.clock");
  facts.shown = shown_for(kHost, now - 100 * hour);
  CHECK_EQ(checked(facts, view_of()), "ok gateway.reached, problem gateway.leaf");
  facts.shown = shown_for("ssm.eu-west-1.amazonaws.com", now - hour);
  CHECK_EQ(checked(facts, view_of()), "ok gateway.reached, problem gateway.leaf");
  // Its chain is another's.
  facts.shown = shown_for(kHost, now - hour);
  facts.shown.back() = std::move(shown_for(kHost, now - hour).back());
  CHECK_EQ(checked(facts, view_of()), "ok gateway.reached, problem gateway.leaf");
}

TEST_CASE("what a running gateway says of itself") {
  RunningFacts facts;
  facts.policy_revision = facts.revision_on_disk = "0123456789abcdef";
  const auto said = [&](bool answers = true) {
    return ids(check_running(facts, answers, OwnCommands()));
  };
  CHECK_EQ(said(), "ok gateway.policy");
  facts.report_days_left = "3";
  CHECK_EQ(said(), "warning gateway.policy");
  facts.problems = {"the last reload was refused: x"};
  facts.revision_on_disk = "";
  CHECK_EQ(said(), "problem gateway.status, warning gateway.policy");
  facts.warnings = {"rule `a` names users, and no listener knows any"};
  facts.token_lost = "/state/admin.token";
  CHECK_EQ(said(),
           "problem gateway.status, warning gateway.status, warning gateway.token, "
           "warning gateway.policy");
  facts.fault = "nobody listens";
  CHECK_EQ(said(), "warning gateway.status");
  CHECK_EQ(said(false), "");
  // What cannot be asked is not guessed at.
  facts.may_be_asked = false;
  CHECK_EQ(said(), "ok gateway.status");
}

TEST_CASE("a stranger's certificate is told from a gateway's") {
  const auto key = tls::make_key();
  auto facts = facts_of(Outcome::reached);
  tls::Signer company;
  company.key = tls::make_key();
  company.certificate =
      test::make_company_ca(company.key.get(), "critical,CA:TRUE", "critical,keyCertSign");
  facts.shown.push_back(test::forge(company, std::string("DNS:") + kHost));
  const Findings found = check_gateway(facts, view_of(false), OwnCommands());
  CHECK_EQ(name(found.front().level), "warning");
  CHECK_EQ(found.front().id, "gateway.unknown");
}

TEST_CASE("what was shown is believed by its own root alone, whatever the clock says") {
  const auto root = test::make_test_root();
  const auto other = test::make_test_root();
  auto between = test::make_test_intermediate(root);
  const auto key = tls::make_key();
  const auto past = tls::Clock::now() - std::chrono::hours(1000);
  Shown shown;
  shown.push_back(tls::make_leaf(key.get(), between, kHost, {past, past + std::chrono::hours(1)}));
  shown.push_back(std::move(between.certificate));
  const auto one = [](const tls::Signer& signer) {
    std::vector<tls::CertificatePtr> all;
    X509_up_ref(signer.certificate.get());
    all.emplace_back(signer.certificate.get());
    return all;
  };
  CHECK(believes(one(root), shown));
  CHECK_FALSE(believes(one(other), shown));
  CHECK_FALSE(believes({}, shown));
  CHECK_FALSE(believes(one(root), {}));
}

}  // namespace ssmgate::doctor
