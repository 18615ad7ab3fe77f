#include "tls/session_cache.hpp"

#include <algorithm>
#include <memory>

#include "tls/certificate.hpp"

namespace ssmgate::tls {
namespace {

constexpr std::size_t kPerHost = 4;
constexpr std::size_t kHosts = 64;
constexpr std::chrono::hours kLongest{1};

// Where a context keeps its cache, and a connection its host's name. OpenSSL frees both.
int cache_index() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* data, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<SessionCache*>(data);
      });
  return index;
}

// What a connection is to, and until when what was verified for it holds.
struct Peer {
  std::string host;
  SessionCache::Clock::time_point verified_until = SessionCache::Clock::time_point::max();
};

int peer_index() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* data, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<Peer*>(data);
      });
  return index;
}

bool is_used_again(const SSL_SESSION* session) {
  const int version = SSL_SESSION_get_protocol_version(session);
  return version != 0 && version < TLS1_3_VERSION;
}

SessionCache::Clock::time_point end_of(SSL_SESSION* session, const Peer& peer) {
  const auto lasts = std::chrono::seconds(SSL_SESSION_get_timeout(session));
  const auto longest = SessionCache::Clock::now() + std::min<std::chrono::seconds>(kLongest, lasts);
  auto end = std::min(longest, peer.verified_until);
  if (X509* shown = SSL_SESSION_get0_peer(session)) end = std::min(end, lifetime_of(shown).end);
  return end;
}

// A TLS 1.3 ticket comes when the server likes, also long after the handshake. A copy is kept:
// OpenSSL spoils the session of a connection that is closed without a goodbye. Returning 0 leaves
// the original alone.
int on_new_session(SSL* connection, SSL_SESSION* session) {
  auto* cache =
      static_cast<SessionCache*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), cache_index()));
  const auto* peer = static_cast<const Peer*>(SSL_get_ex_data(connection, peer_index()));
  const bool verified = SSL_get_verify_result(connection) == X509_V_OK;
  if (cache == nullptr || peer == nullptr || !verified || SSL_SESSION_is_resumable(session) != 1) {
    return 0;
  }
  SessionPtr copy(SSL_SESSION_dup(session));
  if (!copy) return 0;
  try {
    cache->put(peer->host, SessionCache::Kept{std::move(copy), end_of(session, *peer)});
  } catch (const std::bad_alloc&) {
    // The next handshake is a whole one; OpenSSL's frames are not to be thrown through.
  }
  return 0;
}

}  // namespace

void SessionCache::put(const std::string& host, Kept kept) {
  const std::scoped_lock lock(mutex_);
  order_.remove(host);
  order_.push_back(host);
  if (order_.size() > kHosts) {
    hosts_.erase(order_.front());
    order_.pop_front();
  }
  auto& sessions = hosts_[host];
  if (sessions.size() >= kPerHost) sessions.pop_front();
  sessions.push_back(std::move(kept));
}

SessionCache::Kept SessionCache::take(const std::string& host, Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  const auto found = hosts_.find(host);
  while (found != hosts_.end() && !found->second.empty()) {
    Kept& newest = found->second.back();
    // Servers of TLS 1.2 give no new ticket for one that was used.
    const bool again = now < newest.until && is_used_again(newest.session.get());
    if (again) return Kept{SessionPtr(SSL_SESSION_dup(newest.session.get())), newest.until};
    Kept taken = std::move(newest);
    found->second.pop_back();
    if (now < taken.until) return taken;
  }
  return Kept{nullptr, now};
}

bool enable_resumption(SSL_CTX* context) {
  auto cache = std::make_unique<SessionCache>();
  if (SSL_CTX_set_ex_data(context, cache_index(), cache.get()) != 1) return false;
  (void)cache.release();
  // OpenSSL's own store does not look sessions up for clients.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &on_new_session);
  return true;
}

void offer_session(SSL* session, const std::string& host) {
  auto* cache =
      static_cast<SessionCache*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), cache_index()));
  if (cache == nullptr) return;
  auto peer = std::make_unique<Peer>();
  peer->host = host;
  if (SSL_set_ex_data(session, peer_index(), peer.get()) != 1) return;
  Peer* const owned = peer.release();
  const auto kept = cache->take(host, SessionCache::Clock::now());
  if (kept.session == nullptr || SSL_set_session(session, kept.session.get()) != 1) return;
  // Should the server want a whole handshake after all, this is shorter than it need be.
  owned->verified_until = kept.until;
}

}  // namespace ssmgate::tls
