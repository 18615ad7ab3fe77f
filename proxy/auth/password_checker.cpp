#include "auth/password_checker.hpp"

#include <cstring>
#include <stdexcept>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "auth/password_hash.hpp"

namespace ssmgate::auth {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::minutes kRemember{5};
constexpr std::size_t kKnown = 4096;

class Check final : public Task {
 public:
  Check(PasswordChecker::Matches matches, wire::Secret password, std::string hash, bool known)
      : matches_(std::move(matches)),
        password_(std::move(password)),
        hash_(std::move(hash)),
        known_(known) {}

  // A name that nobody has is never right, whatever its decoy says.
  void run() override {
    const bool same = matches_(password_.text(), hash_);
    right_ = same && known_;
  }
  [[nodiscard]] bool right() const noexcept { return right_; }

 private:
  PasswordChecker::Matches matches_;
  wire::Secret password_;
  std::string hash_;
  bool known_;
  bool right_ = false;
};

// Who shares a lane: an IPv4 address, and the /64 of an IPv6 one, of which a client has many.
std::string lane_of(const IpAddress& client) {
  const auto bytes = client.bytes();
  const std::size_t size = client.is_v4() ? bytes.size() : 8;
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

void append_part(std::string_view part, std::string& out) {
  out.append(std::to_string(part.size())).append(":").append(part);
}

}  // namespace

PasswordChecker::PasswordChecker()
    : PasswordChecker(Workers::Limits{}, &matches_hash, &std::chrono::steady_clock::now) {}

PasswordChecker::PasswordChecker(const Workers::Limits& limits, Matches matches, Now now)
    : matches_(std::move(matches)), now_(std::move(now)), workers_(limits) {
  if (RAND_priv_bytes(key_.data(), static_cast<int>(key_.size())) != 1) {
    throw std::runtime_error("OpenSSL has no random numbers");
  }
}

// With the hash in it: a user's new hash makes the old password unknown.
PasswordChecker::Digest PasswordChecker::digest(std::string_view name, std::string_view password,
                                                std::string_view hash) const {
  std::string text;
  text.reserve(name.size() + password.size() + hash.size() + 16);
  append_part(name, text);
  append_part(password, text);
  append_part(hash, text);
  Digest made{};
  std::size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* done =
      EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key_.data(), key_.size(), bytes,
                text.size(), made.data(), made.size(), &size);
  wire::wipe(text);
  if (done == nullptr || size != made.size()) throw std::runtime_error("OpenSSL made no HMAC");
  return made;
}

bool PasswordChecker::is_known(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(digest);
  return found != known_.end() && now_() < found->second.expiry;
}

void PasswordChecker::remember(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  if (const auto old = known_.find(digest); old != known_.end()) {
    order_.erase(old->second.place);
    known_.erase(old);
  }
  if (known_.size() >= kKnown) {
    known_.erase(order_.front());
    order_.pop_front();
  }
  order_.push_back(digest);
  known_.emplace(digest, Known{now_() + kRemember, std::prev(order_.end())});
}

asio::awaitable<Verdict> PasswordChecker::check(std::shared_ptr<const Users> users,
                                                wire::BasicCredentials credentials,
                                                IpAddress client,
                                                std::chrono::steady_clock::time_point deadline) {
  const std::string* const hash = users->find(credentials.name);
  const Digest id =
      digest(credentials.name, credentials.password.text(), hash == nullptr ? "" : *hash);
  if (hash != nullptr && is_known(id)) co_return Verdict::right;

  // The name alone picks the decoy: whatever password is tried with it costs the same, as with a
  // real user. Nobody outside can tell which it is, because the key is ours.
  const Digest lot = digest(credentials.name, "", "");
  std::size_t number = 0;
  std::memcpy(&number, lot.data(), sizeof number);
  const std::string& asked = hash == nullptr ? users->decoy(number) : *hash;
  TaskPtr task =
      std::make_shared<Check>(matches_, std::move(credentials.password), asked, hash != nullptr);
  std::string name(reinterpret_cast<const char*>(id.data()), id.size());
  std::string lane = lane_of(client);
  const TaskPtr done =
      co_await workers_.run(std::move(name), std::move(lane), std::move(task), deadline);
  if (done == nullptr) co_return Verdict::busy;
  const bool right = static_cast<const Check&>(*done).right();
  if (right) remember(id);
  co_return right ? Verdict::right : Verdict::wrong;
}

}  // namespace ssmgate::auth
