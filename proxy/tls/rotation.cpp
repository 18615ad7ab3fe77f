#include "tls/rotation.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <sys/stat.h>
#include <unistd.h>

#include "tls/ca_files.hpp"
#include "tls/file.hpp"
#include "tls/file_write.hpp"

namespace ssmgate::tls {
namespace fs = std::filesystem;
namespace {

bool is_there(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

// Through symbolic links, so that a rename replaces the file and not the link to it.
fs::path real(const fs::path& path) {
  std::error_code error;
  const fs::path found = fs::canonical(path, error);
  return error ? path : found;
}

bool is_own_root(X509* certificate) {
  char name[64] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_organizationName, name,
                            sizeof name);
  return is_self_signed(certificate) && std::string_view(name) == "ssmgate";
}

std::vector<X509*> all_of(const CaState& state) {
  std::vector<X509*> all = {state.in_force.get()};
  for (const auto& other : state.others) all.push_back(other.get());
  return all;
}

AuthorityFault not_ours(const fs::path& certificate) {
  return {"the CA in " + quoted(certificate) +
          " was not made by ssmgate; put the new pair of files in its place, and reload"};
}

}  // namespace

Rotation::Rotation(fs::path certificate, fs::path key)
    : certificate_(real(certificate)), key_(real(key)), next_key_(key_.string() + ".next") {}

std::variant<AuthorityFault, CaState> Rotation::look() const {
  const auto found = find_pair(certificate_, key_);
  if (const auto* fault = std::get_if<AuthorityFault>(&found)) return *fault;
  if (std::get<PairState>(found) == PairState::neither) {
    return AuthorityFault{"there is no CA at " + quoted(certificate_) +
                          " yet; type `ssmgate init`, or start the gateway"};
  }
  auto loaded = load_pair(certificate_, key_);
  if (auto* fault = std::get_if<AuthorityFault>(&loaded)) return *fault;
  auto& pair = std::get<PemPair>(loaded);
  CaState state;
  state.in_force = std::move(pair.certificates.front());
  pair.certificates.erase(pair.certificates.begin());
  state.others = std::move(pair.certificates);
  state.own = is_own_root(state.in_force.get());
  if (!state.own) return state;
  const bool old = std::ranges::any_of(
      state.others, [](const CertificatePtr& other) { return is_own_root(other.get()); });
  if (old) state.stage = RotationStage::activated;
  if (!is_there(next_key_)) return state;
  // A key without its certificate is what a crash left between the two: nobody trusts it.
  const auto next = load_pair(certificate_, next_key_);
  const auto* next_pair = std::get_if<PemPair>(&next);
  if (next_pair == nullptr) return state;
  for (std::size_t i = 0; i < state.others.size(); ++i) {
    if (X509_cmp(state.others[i].get(), next_pair->certificates.front().get()) != 0) continue;
    state.stage = RotationStage::begun;
    state.next = i;
  }
  return state;
}

Rotation::Done Rotation::write_certificates(const std::vector<X509*>& certificates) const {
  std::string text;
  for (X509* each : certificates) text += to_pem(each);
  Aside file(certificate_);
  Done done = file.write(text, kCertificateMode);
  if (std::holds_alternative<AuthorityFault>(done)) return done;
  done = file.replace();
  sync_folder(folder_of(certificate_));
  return done;
}

Rotation::Done Rotation::begin(Clock::time_point now, const PrivateHosts& hosts) const {
  const auto lock = CreationLock::take(certificate_, key_);
  if (const auto* fault = std::get_if<AuthorityFault>(&lock)) return *fault;
  const auto looked = look();
  if (const auto* fault = std::get_if<AuthorityFault>(&looked)) return *fault;
  const auto& state = std::get<CaState>(looked);
  if (!state.own) return not_ours(certificate_);
  if (state.stage == RotationStage::begun) {
    return AuthorityFault{
        "a rotation is under way; type `ssmgate ca rotate --activate` to go on, or "
        "`--cancel` to take it back"};
  }
  if (state.stage == RotationStage::activated) {
    return AuthorityFault{"the rotation before is not finished; type `ssmgate ca rotate --finish`"};
  }
  const auto made = make_own_root(now, hosts);
  if (const auto* fault = std::get_if<AuthorityFault>(&made)) return *fault;
  const Signer& root = std::get<Signer>(made);
  std::string secret = key_pem(root.key.get());
  if (secret.empty()) return AuthorityFault{"cannot write a key: " + take_errors()};
  Aside key_file(next_key_);
  Done done = key_file.write(secret, kKeyMode);
  OPENSSL_cleanse(secret.data(), secret.size());
  if (std::holds_alternative<AuthorityFault>(done)) return done;
  done = key_file.replace();
  if (std::holds_alternative<AuthorityFault>(done)) return done;
  sync_folder(folder_of(next_key_));
  std::vector<X509*> both = all_of(state);
  both.push_back(root.certificate.get());
  return write_certificates(both);
}

Rotation::Done Rotation::activate(Clock::time_point now, bool hasty) const {
  const auto lock = CreationLock::take(certificate_, key_);
  if (const auto* fault = std::get_if<AuthorityFault>(&lock)) return *fault;
  const auto looked = look();
  if (const auto* fault = std::get_if<AuthorityFault>(&looked)) return *fault;
  const auto& state = std::get<CaState>(looked);
  if (state.stage != RotationStage::begun) {
    return AuthorityFault{"no rotation is under way; type `ssmgate ca rotate` to begin one"};
  }
  const auto begun = lifetime_of(state.others[state.next].get()).begin + kBackdate;
  if (!hasty && now < begun + kOverlap) {
    const auto hours = std::chrono::ceil<std::chrono::hours>(begun + kOverlap - now).count();
    return AuthorityFault{
        "the new root has been handed out for less than 7 days, and clients that "
        "do not trust it yet would break; wait " +
        std::to_string((hours + 23) / 24) + " more days, or add `--now`"};
  }
  // This one rename is the change: the file of certificates holds both already.
  if (::rename(next_key_.c_str(), key_.c_str()) != 0) return uncreatable(key_, errno);
  sync_folder(folder_of(key_));
  return std::monostate();
}

Rotation::Done Rotation::finish() const {
  const auto lock = CreationLock::take(certificate_, key_);
  if (const auto* fault = std::get_if<AuthorityFault>(&lock)) return *fault;
  const auto looked = look();
  if (const auto* fault = std::get_if<AuthorityFault>(&looked)) return *fault;
  const auto& state = std::get<CaState>(looked);
  if (state.stage != RotationStage::activated) {
    return AuthorityFault{state.stage == RotationStage::begun
                              ? "the new root is not in force yet; type `ssmgate ca rotate "
                                "--activate` first"
                              : "no rotation is under way; there is nothing to finish"};
  }
  std::vector<X509*> kept = {state.in_force.get()};
  for (const auto& other : state.others) {
    if (!is_own_root(other.get())) kept.push_back(other.get());
  }
  return write_certificates(kept);
}

Rotation::Done Rotation::cancel() const {
  const auto lock = CreationLock::take(certificate_, key_);
  if (const auto* fault = std::get_if<AuthorityFault>(&lock)) return *fault;
  const auto looked = look();
  if (const auto* fault = std::get_if<AuthorityFault>(&looked)) return *fault;
  const auto& state = std::get<CaState>(looked);
  if (state.stage != RotationStage::begun) {
    return AuthorityFault{"no rotation is under way that could be taken back"};
  }
  std::vector<X509*> kept = all_of(state);
  kept.erase(kept.begin() + 1 + static_cast<std::ptrdiff_t>(state.next));
  Done done = write_certificates(kept);
  if (std::holds_alternative<AuthorityFault>(done)) return done;
  if (::unlink(next_key_.c_str()) != 0) return uncreatable(next_key_, errno);
  return std::monostate();
}

}  // namespace ssmgate::tls
