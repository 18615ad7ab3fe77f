#include <doctest/doctest.h>
#include <sys/stat.h>

#include "audit_fixture.hpp"
#include "state/audit_checkpoint.hpp"

using namespace ssmgate::state;
namespace fs = std::filesystem;

namespace {

std::shared_ptr<const AuditKey> open_key(const fs::path& state) {
  auto opened = AuditKey::open(state);
  REQUIRE(std::holds_alternative<std::shared_ptr<const AuditKey>>(opened));
  return std::get<std::shared_ptr<const AuditKey>>(opened);
}

std::string key_fault(const fs::path& state) {
  const auto opened = AuditKey::open(state);
  REQUIRE(std::holds_alternative<KeyFault>(opened));
  return std::get<KeyFault>(opened).text;
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

std::string checkpoint_line(const AuditKey& key, const ChainEnd& end) {
  const auto now =
      std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'042));
  std::string line = chained_line(checkpoint_fields(key, end, now), end);
  line.pop_back();
  return line;
}

ChainEnd some_end() {
  return ChainEnd{41, sha256_hex("the line before"), false};
}

}  // namespace

TEST_CASE("the key is made once and only its owner can read it") {
  const Folder folder;
  const fs::path state = folder.path / "state";
  const auto key = open_key(state);
  CHECK(mode_of(state / "audit.key") == 0600);
  CHECK(mode_of(state / "audit.pub") == 0644);
  CHECK(open_key(state)->id() == key->id());
  CHECK(key->id().size() == 16);
  fs::remove(state / "audit.pub");
  CHECK(open_key(state)->id() == key->id());
  const auto loaded = AuditPublicKey::load(state / "audit.pub");
  REQUIRE(std::holds_alternative<AuditPublicKey>(loaded));
  CHECK(std::get<AuditPublicKey>(loaded).id() == key->id());
  CHECK(open_key(folder.path / "other")->id() != key->id());
}

TEST_CASE("a key that proves nothing is refused with what to do") {
  const Folder folder;
  const fs::path file = folder.path / "audit.key";
  static_cast<void>(open_key(folder.path));
  fs::permissions(file, fs::perms::group_read, fs::perm_options::add);
  CHECK(key_fault(folder.path).find("chmod 600 " + file.string()) != std::string::npos);
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream(file) << "no key";
  CHECK(key_fault(folder.path).find("holds no Ed25519 key") != std::string::npos);
  CHECK(key_fault("/proc/nowhere").find("/proc/nowhere") != std::string::npos);
}

TEST_CASE("a checkpoint holds for its own place and key alone") {
  const Folder folder;
  const auto key = open_key(folder.path / "one");
  const auto other = open_key(folder.path / "two");
  const auto read = parse_checkpoint(checkpoint_line(*key, some_end()));
  REQUIRE(read);
  CHECK(read->seq == 42);
  CHECK(read->prev == some_end().hash);
  CHECK(read->time == "2023-11-14T22:13:20.042Z");
  CHECK(verify(*read, key->public_key()));
  CHECK_FALSE(verify(*read, other->public_key()));

  Checkpoint changed = *read;
  changed.seq = 43;
  CHECK_FALSE(verify(changed, key->public_key()));
  changed = *read;
  changed.prev[0] = changed.prev[0] == '0' ? '1' : '0';
  CHECK_FALSE(verify(changed, key->public_key()));
  changed = *read;
  changed.time[0] = '3';
  CHECK_FALSE(verify(changed, key->public_key()));
  for (const std::string& signature : {std::string(), std::string(128, '0'), std::string(128, 'x'),
                                       read->signature + "0", read->signature.substr(2)}) {
    changed = *read;
    changed.signature = signature;
    CHECK_FALSE(verify(changed, key->public_key()));
  }
  changed = *read;
  changed.key = other->id();
  CHECK_FALSE(verify(changed, key->public_key()));
}

TEST_CASE("a line that only speaks of a checkpoint is none") {
  CHECK_FALSE(parse_checkpoint("{\"event\":\"decision\",\"seq\":1}"));
  CHECK_FALSE(parse_checkpoint("{\"message\":\"\\\"event\\\":\\\"checkpoint\\\"\",\"seq\":1}"));
  CHECK_FALSE(parse_checkpoint("{\"event\":\"checkpoint\"}"));
}

TEST_CASE("the last checkpoint is kept a second time, one a log") {
  const Folder folder;
  const fs::path state = folder.path / "state";
  const fs::path file = kept_checkpoint_file(state, folder.path / "audit.jsonl");
  CHECK(file != kept_checkpoint_file(state, folder.path / "deep" / "audit.jsonl"));
  CHECK(file == kept_checkpoint_file(state, folder.path / "deep" / ".." / "audit.jsonl"));
  CHECK_FALSE(read_kept_checkpoint(file));
  CHECK(keep_checkpoint(file, "one"));
  CHECK(keep_checkpoint(file, "two"));
  CHECK(read_kept_checkpoint(file) == "two");
  CHECK(mode_of(file) == 0600);
}

TEST_CASE("the public key is that of the key that signs, and others are kept") {
  const Folder folder;
  const fs::path state = folder.path / "state";
  const std::string first = open_key(state)->id();
  fs::rename(state / "audit.key", state / "lost");
  const std::string second = open_key(state)->id();
  const auto id_in = [&](const std::string& name) {
    const auto loaded = AuditPublicKey::load(state / name);
    REQUIRE(std::holds_alternative<AuditPublicKey>(loaded));
    return std::get<AuditPublicKey>(loaded).id();
  };
  CHECK(id_in("audit.pub") == second);
  CHECK(id_in("audit-" + first + ".pub") == first);
  fs::rename(state / "lost", state / "audit.key");
  CHECK(open_key(state)->id() == first);
  CHECK(id_in("audit.pub") == first);
  CHECK(id_in("audit-" + second + ".pub") == second);
}
