// The suggested policy as a person reads it, and what is not suggested.
#include <doctest/doctest.h>

#include "audit/suggest.hpp"
#include "proxy/audit/audit_lines.hpp"
#include "ssmgate/tools/lint.hpp"
#include "support/golden.hpp"

using namespace ssmgate;
using namespace ssmgate::audit;
using namespace std::chrono_literals;

namespace {

class Log {
 public:
  state::AuditRecord& next() {
    feed();
    now_ += 1s;
    record_ = {};
    record_.time = now_;
    record_.decision = "deny";
    record_.effect = "refuse";
    record_.code = "no-rule";
    record_.operation = "StartSession";
    record_.client = "10.8.0.7";
    record_.access_key = "ASIAQNZGKIQY56JQ7WML";
    record_.account = "111122223333";
    record_.region = "us-east-1";
    record_.endpoint = "ssm.us-east-1.amazonaws.com";
    record_.target = "i-0123456789abcdef0";
    begun_ = true;
    return record_;
  }

  void forward(std::string user, std::string host, std::uint16_t port, std::string target = "") {
    state::AuditRecord& record = next();
    record.user = std::move(user);
    record.document = "AWS-StartPortForwardingSessionToRemoteHost";
    record.host = host;
    record.port = port;
    record.parameters = {{"host", {host}}, {"portNumber", {std::to_string(port)}}};
    if (!target.empty()) record.target = std::move(target);
  }

  Suggestion suggest(SuggestOptions options = {}) {
    feed();
    Suggester suggester(std::move(options));
    for (const std::string& line : chain_.lines()) {
      const auto record = scan_record(line);
      REQUIRE(record);
      suggester.take(*record);
    }
    return suggester.finish(now_);
  }

 private:
  void feed() {
    if (begun_) chain_.add(record_);
    begun_ = false;
  }

  Chain chain_;
  state::AuditRecord record_;
  bool begun_ = false;
  std::chrono::system_clock::time_point now_ = kMonday;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Log busy_log() {
  Log log;
  for (int i = 0; i < 3; ++i) log.forward("alice", "db.example.com", 5432);
  log.forward("alice", "db.example.com", 5433);
  log.forward("alice", "db.example.com", 5432, "i-0123456789abcdef1");
  log.forward("alice", "db.example.com", 5433, "i-0123456789abcdef1");
  log.forward("bob", "db.example.com", 5432);
  log.next().session_reason = "OPS-7 \x1b[31mred";  // no document, no user
  log.next().client = "10.8.0.8";
  state::AuditRecord& ssh = log.next();
  ssh.user = "unix:carol";
  ssh.auth = "local-user";
  ssh.document = "AWS-StartSSHSession";
  ssh.effect = "relay";
  state::AuditRecord& own = log.next();
  own.user = "dave@example.com";
  own.document = "Team-Run";
  own.account.clear();
  own.access_key = "AKIAIOSFODNN7EXAMPLE";
  own.parameters = {{"unit", {"web-*"}}, {"mode", {"any"}}};
  state::AuditRecord& command = log.next();
  command.user = "erin";
  command.document = "AWS-StartInteractiveCommand";
  command.parameters = {{"command", {"top -b"}}};
  return log;
}

}  // namespace

TEST_CASE("the policy as a person reads it") {
  const Suggestion made = busy_log().suggest();
  REQUIRE(made.fault.empty());
  CHECK(made.left_out == 0);
  const auto file = std::filesystem::path(SSMGATE_TEST_DATA) / "golden/audit/suggested.yaml";
  CHECK(test::expected(file, made.policy) == made.policy);
  const LoadedPolicy loaded = load_policy(made.policy);
  REQUIRE(loaded.policy);
  CHECK_FALSE(has_errors(tools::lint(made.policy, *loaded.policy, kMonday)));
}

TEST_CASE("what cannot be suggested is named") {
  Log log;
  log.forward("any", "db.example.com", 5432);
  log.forward("alice", "any", 5432);
  state::AuditRecord& glob = log.next();
  glob.document = "AWS-StartInteractiveCommand";
  glob.parameters = {{"command", {"ls *"}}};
  state::AuditRecord& several = log.next();
  several.document = "Team-Run";
  several.parameters = {{"unit", {"a", "b"}}};
  state::AuditRecord& cut = log.next();
  cut.document = "Team-Run";
  cut.parameters = {{"unit", {std::string(256, 'x') + "… (300 bytes)"}}};
  state::AuditRecord& denied = log.next();
  denied.code = "explicit-deny";
  denied.rule = "no-prod";
  log.next().host = "db.example.com";  // without the parameter
  log.next().target = "i-1";
  log.next().client = "nobody";
  state::AuditRecord& no_command = log.next();
  no_command.document = "AWS-StartInteractiveCommand";
  log.next().decision = "malformed";
  log.next().decision = "allow";
  log.next().operation = "SendCommand";
  log.next().event = state::Event::result;
  const Suggestion made = log.suggest();
  REQUIRE(made.fault.empty());
  CHECK(made.rules == 0);
  CHECK(made.requests == 0);
  CHECK(made.left_out == 10);
  const auto file = std::filesystem::path(SSMGATE_TEST_DATA) / "golden/audit/not-suggested.yaml";
  CHECK(test::expected(file, made.policy) == made.policy);
  CHECK(load_policy(made.policy).policy);
}

TEST_CASE("a deny rule's refusals on demand, and what passes by now left out") {
  Log log;
  log.forward("alice", "db.example.com", 5432);
  log.forward("bob", "db.example.com", 5432);
  state::AuditRecord& denied = log.next();
  denied.user = "carol";
  denied.code = "explicit-deny";
  denied.rule = "no-prod";
  SuggestOptions options;
  options.denied = true;
  options.in_force = load_policy(R"(version: 1
allow:
  - {id: a, users: [alice], documents: ["AWS-Start*Host"], hosts: [db.example.com], ports: any}
)")
                         .policy;
  REQUIRE(options.in_force);
  const Suggestion made = log.suggest(options);
  CHECK(made.rules == 2);
  CHECK(made.left_out == 1);
  CHECK(has(made.policy, "1 request, last 2026-11-23T10:00:01.000Z: the policy allows them"));
  CHECK_FALSE(has(made.policy, "alice"));
  CHECK(has(made.policy, "carol"));
}

TEST_CASE("the default document and the local port") {
  Log log;
  log.next().user = "alice";
  log.forward("alice", "db.example.com", 5432);
  SuggestOptions options;
  options.asked.default_document = "Corp-Shell";
  options.asked.any_local_port = true;
  const Suggestion made = log.suggest(options);
  CHECK(made.rules == 2);
  CHECK(has(made.policy, "\ndefault_document: Corp-Shell\n"));
  CHECK(has(made.policy, "documents: [Corp-Shell]"));
  CHECK_FALSE(has(made.policy, "localPort"));
  CHECK(has(log.suggest().policy, "localPortNumber: [\"0\"]"));
}

TEST_CASE("a log full of different refusals is bounded") {
  Log log;
  for (int i = 0; i < 4500; ++i) {
    log.forward("alice", "db" + std::to_string(i) + ".example.com", 5432);
  }
  const Suggestion made = log.suggest();
  REQUIRE(made.fault.empty());
  CHECK(made.rules == kMaxSuggested);
  CHECK(made.left_out == 500);
  CHECK(has(made.policy, "ask for fewer"));
}
