#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>

#include "audit_fixture.hpp"
#include "broken_sinks.hpp"
#include "operator_log.hpp"
#include "state/audit_log.hpp"

using namespace ssmgate;
using namespace ssmgate::state;
namespace fs = std::filesystem;
namespace asio = boost::asio;

namespace {

using Sinks = std::vector<std::unique_ptr<AuditSink>>;
constexpr std::chrono::seconds kAmple{30};
constexpr std::chrono::milliseconds kShort{20};

Sinks only(std::unique_ptr<AuditSink> sink) {
  Sinks sinks;
  sinks.push_back(std::move(sink));
  return sinks;
}

AuditRecord named(std::string request_id) {
  AuditRecord record;
  record.request_id = std::move(request_id);
  record.decision = "allow";
  record.effect = "relay";
  return record;
}

bool write_and_wait(AuditLog& log, const AuditRecord& record,
                    WhenLost when_lost = WhenLost::refused) {
  asio::io_context context;
  auto written =
      asio::co_spawn(asio::make_strand(context), log.write(record, when_lost), asio::use_future);
  context.run();
  return written.get();
}

// Whoever waits for the record goes away while the sink is in the middle of it.
void give_up_in_the_middle(AuditLog& log, Hang& hang, const AuditRecord& record,
                           WhenLost when_lost) {
  asio::io_context context;
  asio::co_spawn(asio::make_strand(context), log.write(record, when_lost), asio::use_future);
  context.poll();
  hang.entered.wait();
}

bool becomes_ready(const AuditLog& log) {
  const auto until = std::chrono::steady_clock::now() + kAmple;
  while (!log.sinks().front().trouble.empty()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a waited record is down when the wait is over") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  AuditLog log(only(open_sink(file)), kAmple);
  CHECK(write_and_wait(log, named("r-1")));
  REQUIRE(lines_of(file).size() == 1);
  CHECK(contains(lines_of(file)[0], "\"request_id\":\"r-1\""));
}

TEST_CASE("a record that is waited for wakes the sink at once") {
  const Folder folder;
  AuditLog log(only(open_sink(folder.path / "audit.jsonl")), std::chrono::seconds(1));
  for (int i = 0; i < 5; ++i) CHECK(write_and_wait(log, named("r-" + std::to_string(i))));
}

TEST_CASE("records keep their order and what nobody waits for is down at the end") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  {
    AuditLog log(only(open_sink(file)), kAmple);
    for (int i = 0; i < 50; ++i) {
      AuditRecord result = named("r-" + std::to_string(i));
      result.event = Event::result;
      CHECK(write_and_wait(log, named(result.request_id)));
      log.post(result);
    }
  }
  const auto lines = lines_of(file);
  REQUIRE(lines.size() == 100);
  check_chain(lines);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CHECK(contains(lines[i], "\"request_id\":\"r-" + std::to_string(i / 2) + "\""));
    CHECK(contains(lines[i], i % 2 == 0 ? "\"event\":\"decision\"" : "\"event\":\"result\""));
  }
}

TEST_CASE("what waits together is written together and each is told what became of it") {
  const auto hang = std::make_shared<Hang>();
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  constexpr std::size_t kRecords = 300;
  Sinks sinks;
  sinks.push_back(open_sink(file));
  sinks.push_back(std::make_unique<HangingSink>(hang));
  AuditLog log(std::move(sinks), kAmple);
  asio::io_context context;
  const AuditRecord record = named("r");
  std::vector<std::future<bool>> written;
  for (std::size_t i = 0; i < kRecords; ++i) {
    written.push_back(asio::co_spawn(asio::make_strand(context),
                                     log.write(record, WhenLost::refused), asio::use_future));
  }
  context.run();
  for (std::future<bool>& each : written) CHECK(each.get());
  CHECK(lines_of(file).size() == kRecords);
  check_chain(lines_of(file));
  CHECK(log.sinks()[0].taken == kRecords);
  CHECK(log.sinks()[0].lost == 0);
  CHECK(log.sinks()[1].taken == 0);
  hang->release.set_value();
}

TEST_CASE("each sink counts what it took and what it lost") {
  const Folder folder;
  const auto works = std::make_shared<std::atomic<bool>>(false);
  Sinks sinks;
  sinks.push_back(std::make_unique<FailingSink>(works));
  sinks.push_back(open_sink(folder.path / "audit.jsonl"));
  AuditLog log(std::move(sinks), kAmple);
  for (int i = 0; i < 3; ++i) CHECK(write_and_wait(log, named("r")));
  const auto until = std::chrono::steady_clock::now() + kAmple;
  while (log.sinks()[0].lost < 3 && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  CHECK(log.sinks()[0].lost == 3);
  CHECK(log.sinks()[0].taken == 0);
  CHECK(log.sinks()[1].taken == 3);
  CHECK(log.sinks()[1].lost == 0);
}

TEST_CASE("a log that is told to reopen leaves a moved file without a record") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  AuditLog log(only(open_sink(file)), kAmple);
  fs::rename(file, folder.path / "audit.jsonl.1");
  log.reopen();
  const auto until = std::chrono::steady_clock::now() + kAmple;
  while (!fs::exists(file) && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  CHECK(fs::exists(file));
}

TEST_CASE("a result that nobody follows is written soon") {
  const auto hang = std::make_shared<Hang>();
  hang->release.set_value();
  AuditLog log(only(std::make_unique<HangingSink>(hang)), kAmple);
  AuditRecord result = named("r-1");
  result.event = Event::result;
  log.post(result);
  const auto until = std::chrono::steady_clock::now() + kAmple;
  while (hang->tape.lines().empty() && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  CHECK(hang->tape.lines().size() == 1);
}

TEST_CASE("one sink that takes it is enough and none is not") {
  const Folder folder;
  Sinks sinks;
  sinks.push_back(std::make_unique<FailingSink>());
  sinks.push_back(open_sink(folder.path / "audit.jsonl"));
  AuditLog good(std::move(sinks), kAmple);
  CHECK(write_and_wait(good, AuditRecord{}));

  AuditLog bad(only(std::make_unique<FailingSink>()), kAmple);
  CHECK_FALSE(write_and_wait(bad, AuditRecord{}));
}

TEST_CASE("a sink that hangs does not hold up one that works") {
  const Folder folder;
  const fs::path file = folder.path / "audit.jsonl";
  const auto hang = std::make_shared<Hang>();
  {
    Sinks sinks;
    sinks.push_back(std::make_unique<HangingSink>(hang));
    sinks.push_back(open_sink(file));
    AuditLog log(std::move(sinks), kAmple);
    CHECK(write_and_wait(log, named("r-1")));
    CHECK(write_and_wait(log, named("r-2")));
    CHECK(lines_of(file).size() == 2);
    CHECK(hang->tape.lines().empty());
    hang->release.set_value();
  }
  // They were taken by the other sink, so they are true here too: late, and nothing behind them.
  CHECK(hang->tape.lines().size() == 2);
}

TEST_CASE("a record that lands after it was given up is followed by what became of it") {
  const auto hang = std::make_shared<Hang>();
  {
    AuditLog log(only(std::make_unique<HangingSink>(hang)), kShort);
    give_up_in_the_middle(log, *hang, named("r-1"), WhenLost::refused);
    CHECK_FALSE(write_and_wait(log, named("r-2")));
    log.post(named("r-3"));
    hang->release.set_value();
  }
  // The first hung in the middle of its write; the second was given up before it began.
  const auto lines = hang->tape.lines();
  REQUIRE(lines.size() == 4);
  CHECK(contains(lines[0], "\"request_id\":\"r-1\",\"decision\":\"allow\""));
  CHECK(contains(lines[1],
                 "\"event\":\"result\",\"request_id\":\"r-1\",\"decision\":\"error\","
                 "\"effect\":\"refuse\",\"code\":\"audit-unavailable\",\"message\":\""));
  CHECK(contains(lines[2], "\"message\":\"1 record from "));
  CHECK(contains(lines[3], "\"request_id\":\"r-3\""));
}

TEST_CASE("a sink that works again says how many records it lacks") {
  const auto works = std::make_shared<std::atomic<bool>>(false);
  const auto tape = std::make_shared<Tape>();
  {
    AuditLog log(only(std::make_unique<FailingSink>(works, tape)), kAmple);
    for (int i = 0; i < 3; ++i) CHECK_FALSE(write_and_wait(log, named("lost")));
    *works = true;
    CHECK(write_and_wait(log, named("r-4")));
    CHECK(write_and_wait(log, named("r-5")));
  }
  const auto lines = tape->lines();
  REQUIRE(lines.size() == 3);
  CHECK(contains(lines[0],
                 "\"event\":\"result\",\"decision\":\"error\","
                 "\"code\":\"audit-unavailable\",\"message\":\"3 records from 2"));
  CHECK(contains(lines[1], "\"request_id\":\"r-4\""));
  CHECK(contains(lines[2], "\"request_id\":\"r-5\""));
}

TEST_CASE("a request that goes on without its record is not said to be refused") {
  const auto hang = std::make_shared<Hang>();
  {
    AuditLog log(only(std::make_unique<HangingSink>(hang)), kShort);
    give_up_in_the_middle(log, *hang, named("r-1"), WhenLost::proceeds);
    hang->release.set_value();
  }
  CHECK(hang->tape.lines().size() == 1);
}

TEST_CASE("a log whose sink never answers ends all the same") {
  const auto hang = std::make_shared<Hang>();
  const auto begun = std::chrono::steady_clock::now();
  {
    AuditLog log(only(std::make_unique<HangingSink>(hang)), kShort);
    give_up_in_the_middle(log, *hang, named("r-1"), WhenLost::refused);
    log.post(named("r-2"));
  }
  CHECK(std::chrono::steady_clock::now() - begun < kAmple);
  CHECK(hang->tape.lines().empty());
  hang->release.set_value();
  hang->left.wait();
  // What had begun is told the truth about; what had not is not written by a log that is gone.
  const auto lines = hang->tape.lines();
  REQUIRE(lines.size() == 2);
  CHECK(contains(lines[1], "audit-unavailable"));
}

TEST_CASE("the operator is told once that a sink fails and once that it works again") {
  const OperatorLog operator_log;
  const auto works = std::make_shared<std::atomic<bool>>(false);
  {
    AuditLog log(only(std::make_unique<FailingSink>(works)), kAmple);
    for (int i = 0; i < 3; ++i) CHECK_FALSE(write_and_wait(log, AuditRecord{}));
    *works = true;
    for (int i = 0; i < 3; ++i) CHECK(write_and_wait(log, AuditRecord{}));
  }
  CHECK(operator_log.count("audit: `failing` takes no records: it is broken") == 1);
  CHECK(operator_log.count("audit: `failing` takes records again") == 1);
}

TEST_CASE("the operator is told that a sink hangs") {
  const OperatorLog operator_log;
  const auto hang = std::make_shared<Hang>();
  {
    AuditLog log(only(std::make_unique<HangingSink>(hang)), kShort);
    log.post(AuditRecord{});
    hang->entered.wait();
    CHECK_FALSE(write_and_wait(log, AuditRecord{}));
    CHECK_FALSE(write_and_wait(log, AuditRecord{}));
    hang->release.set_value();
  }
  CHECK(operator_log.count("audit: `hanging` takes no records: a record was not taken") == 1);
  CHECK(operator_log.count("audit: `hanging` takes records again") == 1);
}

TEST_CASE("the operator is told of a sink that hangs though another takes all records") {
  const OperatorLog operator_log;
  const Folder folder;
  const auto hang = std::make_shared<Hang>();
  {
    Sinks sinks;
    sinks.push_back(std::make_unique<HangingSink>(hang));
    sinks.push_back(open_sink(folder.path / "audit.jsonl"));
    AuditLog log(std::move(sinks), std::chrono::milliseconds(0));
    log.post(AuditRecord{});
    hang->entered.wait();
    log.post(AuditRecord{});
    hang->release.set_value();
  }
  CHECK(operator_log.count("audit: `hanging` takes no records") == 1);
}

TEST_CASE("a sink that works again is found out without a record") {
  const auto works = std::make_shared<std::atomic<bool>>(false);
  const auto tape = std::make_shared<Tape>();
  {
    AuditLog log(only(std::make_unique<FailingSink>(works, tape)), kAmple);
    CHECK_FALSE(write_and_wait(log, named("one")));
    CHECK(log.sinks().front().trouble == "it is broken");
    log.reopen();  // a trial that fails, too
    *works = true;
    SUBCASE("by itself") {}
    SUBCASE("at once when it is told to look") {
      log.reopen();
    }
    CHECK(becomes_ready(log));
  }
  REQUIRE(tape->lines().size() == 1);
  CHECK(contains(tape->lines()[0], " was not taken here and is lost"));
  CHECK_FALSE(contains(tape->lines()[0], "1970"));
}
