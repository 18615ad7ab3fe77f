// What is kept under `state`: whole, damaged, another's, hidden; and a look that leaves no trace.
#include <sys/stat.h>

#include <cerrno>
#include <set>

#include "commands/doctor/files.hpp"
#include "commands/doctor/state_folder.hpp"
#include "proxy/commands/doctor/expect.hpp"
#include "proxy/tls/pki.hpp"
#include "state/audit_key.hpp"
#include "state/session_store.hpp"

namespace ssmgate::doctor {
namespace {

std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator(folder)) {
    names.insert(each.path().filename().string());
  }
  return names;
}

// A folder as a gateway leaves it.
class State {
 public:
  State() {
    settings.state = folder / "state";
    std::filesystem::create_directory(settings.state);
  }

  void run_a_gateway() const {
    REQUIRE(std::holds_alternative<std::shared_ptr<const state::AuditKey>>(
        state::AuditKey::open(settings.state)));
    auto store = open_store();
    store->put({"s-1", tls::Clock::now() + std::chrono::hours(1), "{}"});
    store->close();
  }
  [[nodiscard]] std::unique_ptr<state::SessionStore> open_store() const {
    auto opened = state::SessionStore::open(settings.state / "sessions.db");
    REQUIRE(std::holds_alternative<std::unique_ptr<state::SessionStore>>(opened));
    return std::get<std::unique_ptr<state::SessionStore>>(std::move(opened));
  }
  [[nodiscard]] Findings found() const {
    return check_state(gather_state(settings), OwnCommands());
  }
  [[nodiscard]] std::string said() const { return ids(found()); }

  const test::TemporaryFolder folder;
  config::Config settings;
};

}  // namespace

TEST_CASE("what is kept is looked at, and nothing is made by looking") {
  const State state;
  CHECK_EQ(state.said(), "ok state.nothing");
  CHECK(names_in(state.settings.state).empty());
  state.run_a_gateway();
  const auto before = names_in(state.settings.state);
  CHECK_EQ(state.said(), "ok state.sessions, ok state.audit-key");
  CHECK(names_in(state.settings.state) == before);
  // Also while a gateway has it open.
  const auto store = state.open_store();
  CHECK_EQ(state.said(), "ok state.sessions, ok state.audit-key");
  store->close();
}

TEST_CASE("a session store that a gateway could not use") {
  const State state;
  const auto file = state.settings.state / "sessions.db";
  test::write_file(file, "");
  CHECK_EQ(state.said(), "ok state.sessions");
  test::write_file(file, "this is no database, and longer than nothing at all");
  CHECK_EQ(state.said(), "problem state.sessions");
  CHECK_EQ(state.found().front().mend, "mv " + file.string() + " " + file.string() +
                                           ".old && rm -f " + file.string() + "-wal " +
                                           file.string() + "-shm");
  std::filesystem::remove(file);
  state.run_a_gateway();
  const std::string whole = test::read_text(file);
  // The first page names its tables; the second is one of them.
  std::string damaged = whole;
  damaged.replace(4096, 64, std::string(64, '\xff'));
  test::write_file(file, damaged);
  CHECK_EQ(ids({state.found().front()}), "problem state.sessions");
  // SOURCE: sqlite.org/fileformat.html: user_version at 60, application_id at 68, big-endian.
  std::string newer = whole;
  newer[63] = '\x63';
  test::write_file(file, newer);
  CHECK(state.found().front().text.find("newer ssmgate") != std::string::npos);
  std::string other = whole;
  other[68] = '\x01';
  test::write_file(file, other);
  CHECK(state.found().front().text.find("another program's") != std::string::npos);
}

TEST_CASE("a state folder that has no room or cannot be written") {
  const auto of = [](int error, std::uint64_t room) {
    StateFacts facts;
    facts.state = "/var/lib/x";
    facts.exists = true;
    facts.error = error;
    facts.free_bytes = room;
    return ids(check_state(facts, OwnCommands()));
  };
  constexpr std::uint64_t kPlenty = std::uint64_t{1} << 40U;
  CHECK_EQ(of(0, kPlenty), "ok state.nothing");
  CHECK_EQ(of(0, 1 << 20), "warning state.room");
  CHECK_EQ(of(0, 60 << 10), "warning state.room");
  // The blocks that only root may use are not the gateway's.
  CHECK_EQ(of(0, 0), "problem state.full");
  CHECK_EQ(of(ENOSPC, 1 << 20), "problem state.full");
  CHECK_EQ(of(EDQUOT, kPlenty), "problem state.full");
  CHECK_EQ(of(EROFS, kPlenty), "problem state.write");
  CHECK_EQ(of(EACCES, kPlenty), "warning state.hidden");
}

TEST_CASE("the key that signs the log, and its public half") {
  const State state;
  state.run_a_gateway();
  const auto key = state.settings.state / "audit.key";
  const auto shown = state.settings.state / "audit.pub";
  const State other;
  other.run_a_gateway();
  const std::string own = test::read_text(shown);
  test::write_file(shown, test::read_text(other.settings.state / "audit.pub"), 0644);
  CHECK_EQ(state.said(), "ok state.sessions, warning state.audit-key");
  test::write_file(shown, "nothing", 0644);
  CHECK_EQ(state.said(), "ok state.sessions, warning state.audit-key");
  test::write_file(shown, own, 0644);
  test::write_file(key, "nothing", 0600);
  CHECK_EQ(state.said(), "ok state.sessions, problem state.audit-key");
}

TEST_CASE("who else can reach what is kept") {
  const State state;
  state.run_a_gateway();
  test::write_file(state.settings.state / "admin.token", "0123\n", 0600);
  const auto said = [&] {
    return ids(check_files(gather_files(state.settings, ""), OwnCommands()));
  };
  // The CA's files are not there: they may be made yet.
  CHECK_EQ(said(), "ok files.modes");
  for (const char* name : {"audit.key", "sessions.db", "admin.token"}) {
    const auto file = state.settings.state / name;
    ::chmod(file.c_str(), 0640);
    CHECK_EQ(said(), "problem files.secret");
    ::chmod(file.c_str(), 0600);
  }
  const auto shown = state.settings.state / "audit.pub";
  ::chmod(shown.c_str(), 0666);
  CHECK_EQ(said(), "problem files.writable");
  const Findings found = check_files(gather_files(state.settings, ""), OwnCommands());
  CHECK_EQ(found.front().mend, "chmod go-w " + shown.string());
}

}  // namespace ssmgate::doctor
