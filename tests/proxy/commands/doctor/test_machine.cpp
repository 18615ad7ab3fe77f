// The gateway's own side: its CA, files, audit sinks, policy, and the clock.
#include <fcntl.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "commands/doctor/audit.hpp"
#include "commands/doctor/authority.hpp"
#include "commands/doctor/files.hpp"
#include "commands/doctor/reach.hpp"
#include "commands/doctor/upstream.hpp"
#include "proxy/commands/doctor/expect.hpp"
#include "proxy/tls/pki.hpp"
#include "ssmgate/tools/endings.hpp"

namespace ssmgate::doctor {
namespace {

using Kind = FileFacts::Kind;
using std::chrono::hours;

FileFacts file_of(Kind kind, mode_t mode, int error = 0, bool may_not_exist = false) {
  return {kind, "/f", "`key`", error, mode, may_not_exist};
}

AuthorityFacts authority_of(tls::Clock::time_point begin, tls::Clock::time_point end) {
  AuthorityFacts facts;
  facts.exists = true;
  facts.life = {begin, end};
  facts.certificate = "/ca.pem";
  return facts;
}

std::string checked(const AuthorityFacts& facts) {
  return ids(check_authority(facts, tls::Clock::now(), OwnCommands()));
}

}  // namespace

TEST_CASE("the CA's state") {
  const auto now = tls::Clock::now();
  auto facts = authority_of(now - hours(1), now + hours(1000));
  CHECK_EQ(checked(facts), "ok ca.valid");
  CHECK_EQ(checked(authority_of(now + hours(1), now + hours(1000))), "problem ca.clock");
  CHECK_EQ(checked(authority_of(now - hours(9), now - hours(1))), "problem ca.expired");
  CHECK_EQ(checked(authority_of(now - hours(9), now + hours(24 * 29))), "warning ca.expires");
  facts.constrained = false;
  CHECK_EQ(checked(facts), "ok ca.valid, warning ca.unconstrained");
  facts.constrained = true;
  facts.stage = tls::RotationStage::activated;
  CHECK_EQ(checked(facts), "ok ca.valid, warning ca.rotation");
  facts.stage = tls::RotationStage::begun;
  facts.next_since = now - hours(24);
  CHECK_EQ(checked(facts), "ok ca.valid");
  facts.next_since = now - hours(24 * 8);
  CHECK_EQ(checked(facts), "ok ca.valid, warning ca.rotation");
  facts.fault = "`/ca.key` can be reached by others than its owner; type: chmod 600 /ca.key";
  const Findings found = check_authority(facts, now, OwnCommands());
  CHECK_EQ(ids(found), "problem ca.unusable");
  CHECK_EQ(found.front().mend, "chmod 600 /ca.key");
  facts.hidden = true;
  CHECK_EQ(checked(facts), "warning ca.hidden");
  facts.exists = false;
  CHECK_EQ(checked(facts), "warning ca.missing");
}

TEST_CASE("the CA's files as they are") {
  const test::TemporaryFolder folder;
  config::Config settings;
  settings.ca_certificate = folder / "ca.pem";
  settings.ca_key = folder / "ca.key";
  std::vector<tls::CertificatePtr> roots;
  CHECK_EQ(checked(gather_authority(settings, roots)), "warning ca.missing");
  const auto key = tls::make_key();
  const auto company = test::make_company_ca(key.get(), "critical,CA:TRUE", "critical,keyCertSign");
  test::write_file(settings.ca_certificate, tls::to_pem(company.get()), 0644);
  CHECK_EQ(checked(gather_authority(settings, roots)), "problem ca.unusable");
  CHECK_EQ(roots.size(), 1U);
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(memory, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  test::write_file(settings.ca_key, {text, static_cast<std::size_t>(size)}, 0600);
  BIO_free(memory);
  const std::string said = checked(gather_authority(settings, roots));
  CHECK(said.ends_with("warning ca.unconstrained"));
  ::chmod(settings.ca_key.c_str(), 0640);
  CHECK_EQ(checked(gather_authority(settings, roots)), "problem ca.unusable");
}

TEST_CASE("who else can reach a file") {
  struct Row {
    FileFacts file;
    const char* ids;
  };
  const Row rows[] = {
      {file_of(Kind::secret, 0600), "ok files.modes"},
      {file_of(Kind::secret, 0400), "ok files.modes"},
      {file_of(Kind::secret, 0640), "problem files.secret"},
      {file_of(Kind::secret, 0604), "problem files.secret"},
      {file_of(Kind::record, 0600), "ok files.modes"},
      {file_of(Kind::record, 0640), "warning files.record"},
      {file_of(Kind::record, 0620), "problem files.writable"},
      {file_of(Kind::source, 0644), "ok files.modes"},
      {file_of(Kind::source, 0666), "problem files.writable"},
      {file_of(Kind::folder, 0755), "ok files.modes"},
      {file_of(Kind::folder, 0777), "problem files.writable"},
      {file_of(Kind::folder, 01777), "ok files.modes"},
      {file_of(Kind::source, 0, ENOENT), "problem files.missing"},
      {file_of(Kind::source, 0, ENOENT, true), "ok files.modes"},
      {file_of(Kind::source, 0, EACCES), "warning files.hidden"},
      {file_of(Kind::source, 0, ELOOP), "problem files.missing"},
  };
  for (const Row& row : rows) CHECK_EQ(ids(check_files({row.file}, OwnCommands())), row.ids);
  CHECK_EQ(check_files({file_of(Kind::secret, 0666)}, OwnCommands()).front().mend, "chmod 600 /f");
  const FileFacts hidden = file_of(Kind::secret, 0, EACCES);
  const Findings once =
      check_files({hidden, file_of(Kind::secret, 0644), hidden, hidden}, OwnCommands());
  CHECK_EQ(ids(once), "warning files.hidden, problem files.secret");
  CHECK_EQ(once.front().text, "`/f` of `key` is not this user's to look at, nor are 2 more");
}

TEST_CASE("what a log server is shown is looked at like a listener's") {
  const test::TemporaryFolder folder;
  config::Config settings;
  settings.state = folder / "state";
  settings.ca_certificate = folder / "ca.pem";
  settings.ca_key = folder / "ca.key";
  config::AuditSink sink;
  sink.type = config::AuditSink::Type::syslog;
  sink.address.transport = config::LogAddress::Transport::tls;
  sink.ca_file = folder / "roots.pem";
  sink.certificate = folder / "gate.pem";
  sink.key = folder / "gate.key";
  settings.audit.sinks.push_back(sink);
  test::write_file(sink.ca_file, "", 0644);
  test::write_file(sink.certificate, "", 0644);
  test::write_file(sink.key, "", 0644);
  CHECK_EQ(ids(check_files(gather_files(settings, ""), OwnCommands())), "problem files.secret");
  std::filesystem::remove(sink.ca_file);
  ::chmod(sink.key.c_str(), 0600);
  CHECK_EQ(ids(check_files(gather_files(settings, ""), OwnCommands())), "problem files.missing");
  CHECK_EQ(ids(check_listeners(settings, tls::Clock::now())), "problem files.certificate");
}

TEST_CASE("sinks: what opening tells, and what a line beside the log does") {
  const auto of = [](bool starts, int error, std::uint64_t room = std::uint64_t{1} << 40,
                     bool ours = true) {
    SinkFacts sink;
    sink.name = "the audit log `/var/log/x/audit.jsonl`";
    sink.folder = "/var/log/x";
    sink.regular = true;
    sink.starts = starts;
    sink.error = error;
    sink.free_bytes = room;
    return ids(check_sinks({sink}, SinkView{.ours = ours, .own = {}}));
  };
  CHECK_EQ(of(true, 0), "ok audit.sink");
  CHECK_EQ(of(false, EACCES), "problem audit.sink");
  CHECK_EQ(of(false, EACCES, 0, false), "warning audit.hidden");
  CHECK_EQ(of(false, EROFS), "problem audit.sink");
  CHECK_EQ(of(true, ENXIO), "problem audit.sink");
  CHECK_EQ(of(true, ENOSPC, 0), "problem audit.full");
  CHECK_EQ(of(true, EDQUOT), "problem audit.full");
  CHECK_EQ(of(true, 0, 1000), "warning audit.room");
}

TEST_CASE("a log server that is not there is a problem") {
  const test::TemporaryFolder folder;
  config::Audit settings;
  settings.sinks.push_back({config::AuditSink::Type::journald});
  settings.sinks.front().address.path = folder / "socket";
  const Findings found = check_sinks(gather_sinks(settings), SinkView());
  CHECK_EQ(ids(found), "problem audit.sink");
  CHECK(found.front().text.find("No such file or directory") != std::string::npos);
}

TEST_CASE("a sink that takes nothing is a warning beside one that does, if the gateway starts") {
  SinkFacts good;
  SinkFacts bad;
  good.name = "good";
  bad.name = "bad";
  bad.fault = "connection refused";
  const SinkView view;
  const Findings both = check_sinks({good, bad}, view);
  CHECK_EQ(ids(both), "ok audit.sink, warning audit.sink");
  CHECK_EQ(both.back().text,
           "bad takes no record (connection refused): the gateway goes on with the other sinks");
  CHECK_EQ(ids(check_sinks({bad, bad}, view)), "problem audit.sink, problem audit.sink");
  bad.starts = false;
  const Findings at_start = check_sinks({good, bad}, view);
  CHECK_EQ(ids(at_start), "ok audit.sink, problem audit.sink");
  CHECK(at_start.back().text.ends_with("the gateway does not start"));
}

TEST_CASE("a probe leaves the log as it is, and nothing beside it") {
  const test::TemporaryFolder folder;
  const auto logs = folder / "logs";
  std::filesystem::create_directory(logs);
  config::Audit settings;
  settings.sinks.push_back({config::AuditSink::Type::file, logs / "audit.jsonl"});
  const auto said = [&] { return ids(check_sinks(gather_sinks(settings), SinkView())); };
  CHECK_EQ(said(), "ok audit.sink");
  CHECK(std::filesystem::is_empty(logs));
  test::write_file(logs / "audit.jsonl", "{}\n");
  CHECK_EQ(said(), "ok audit.sink");
  CHECK_EQ(test::read_text(logs / "audit.jsonl"), "{}\n");
  settings.sinks.front().path = logs;
  CHECK_EQ(said(), "problem audit.sink");
  settings.sinks.front().path = "/dev/null/audit.jsonl";
  CHECK_EQ(said(), "problem audit.sink");
}

TEST_CASE("what is no file takes a record that says what it is") {
  const test::TemporaryFolder folder;
  config::Audit settings;
  settings.sinks.push_back({config::AuditSink::Type::file, folder / "pipe"});
  const auto said = [&] { return ids(check_sinks(gather_sinks(settings), SinkView())); };
  const std::string pipe = settings.sinks.front().path.string();
  REQUIRE_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  CHECK_EQ(said(), "problem audit.sink");  // nobody reads
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE_GE(reader, 0);
  CHECK_EQ(said(), "ok audit.sink");
  char line[512] = {};
  const ssize_t size = ::read(reader, line, sizeof line);
  ::close(reader);
  REQUIRE_GT(size, 0);
  const std::string_view record(line, static_cast<std::size_t>(size));
  CHECK(record.find("\"event\":\"probe\"") != std::string_view::npos);
  CHECK(record.ends_with("}\n"));
  settings.sinks.front().path = "/dev/full";
  CHECK_EQ(said(), "problem audit.sink");
  // Whose it is depends on who opens it.
  settings.sinks.front().path = "/dev/stdout";
  CHECK_EQ(said(), "ok audit.sink");
  settings.sinks.front() = {config::AuditSink::Type::standard_output, {}};
  CHECK_EQ(said(), "ok audit.sink");
}

TEST_CASE("the clock, by AWS's Date") {
  const auto date = find_date("HTTP/1.1 400 x\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
  REQUIRE(date);
  CHECK_EQ(std::chrono::system_clock::to_time_t(*date), 784111777);
  CHECK_FALSE(find_date("HTTP/1.1 400 x\r\nX-Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"));
  CHECK_FALSE(find_date("HTTP/1.1 400 x\r\nDate: yesterday\r\n\r\n"));
  CHECK_FALSE(find_date(""));
  using std::chrono::seconds;
  CHECK_EQ(ids({check_clock(*date + seconds(100), *date)}), "ok upstream.clock");
  CHECK_EQ(ids({check_clock(*date - seconds(200), *date)}), "warning upstream.clock");
  CHECK_EQ(ids({check_clock(*date + seconds(901), *date)}), "problem upstream.clock");
  CHECK_EQ(ids({check_clock(*date - hours(100), *date)}), "problem upstream.clock");
}

TEST_CASE("the policy: faults, what ends soon, rules for nobody") {
  const test::TemporaryFolder folder;
  config::Config settings;
  settings.listen.emplace_back();
  const auto now = std::chrono::system_clock::from_time_t(1'790'000'000);  // 2026-09-21
  const auto said = [&] { return ids(check_policy(settings, now)); };
  CHECK_EQ(said(), "ok policy.valid");
  settings.policy = folder / "p.yaml";
  CHECK_EQ(said(), "problem policy.invalid");
  const auto write = [&](const std::string& rule) {
    test::write_file(*settings.policy,
                     "version: 1\noperations: {deny: [\"Send*\", \"Start*\", \"Create*\", "
                     "\"Update*\", \"Register*\", "
                     "\"Modify*\", \"Get*\", \"Put*\", \"Reset*\"]}\n"
                     "allow:\n  - {id: a, targets: [i-0123456789abcdef0], " +
                         rule + "}\n");
  };
  write("documents: [AWS-StartPortForwardingSession], ports: [80]");
  CHECK_EQ(said(), "ok policy.valid");
  write("documents: [AWS-StartPortForwardingSession], ports: [80], expires: 2026-09-30");
  CHECK_EQ(said(), "ok policy.valid, warning policy.ends");
  write("documents: [AWS-StartPortForwardingSession], ports: [80], expires: 2026-12-30");
  CHECK_EQ(said(), "ok policy.valid");
  write("documents: [AWS-StartPortForwardingSession], ports: [80], expires: 2026-01-30");
  CHECK_EQ(said(), "warning policy.lint");
  write(
      "documents: [AWS-StartPortForwardingSession], ports: [80], mode: report, until: 2026-09-30");
  CHECK_EQ(said(), "ok policy.valid, warning policy.ends");
  write("documents: [AWS-StartPortForwardingSession], ports: [80], users: [alice]");
  CHECK_EQ(said(), "ok policy.valid, warning policy.nobody");
  test::write_file(*settings.policy, "version: 2\n");
  CHECK_EQ(said(), "problem policy.invalid");
}

TEST_CASE("the same of rules on both sides, in the file's order") {
  const LoadedPolicy loaded = load_policy(
      "version: 1\nmode: report\nuntil: 2026-09-25\n"
      "deny:\n  - {id: d, documents: [Acme-A], expires: 2026-09-22}\n"
      "allow:\n  - {id: a, documents: [Acme-B], expires: 2026-09-20}\n"
      "  - {id: b, documents: [Acme-B], expires: 2027-09-20}\n");
  REQUIRE(loaded.policy);
  const auto now = std::chrono::system_clock::from_time_t(1'790'000'000);
  std::string text;
  for (const auto& each : tools::find_endings(*loaded.policy, now, now + hours(14 * 24))) {
    text +=
        each.rule + (each.trial ? " trial " : " rule ") + each.when + (each.past ? " past;" : ";");
  }
  CHECK_EQ(text,
           " trial 2026-09-25T00:00:00Z;d rule 2026-09-22T00:00:00Z;"
           "a rule 2026-09-20T00:00:00Z past;");
}

}  // namespace ssmgate::doctor
