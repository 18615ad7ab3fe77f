#include "flow/entrance.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "config/reread.hpp"
#include "config/values.hpp"
#include "flow/fingerprint.hpp"
#include "tls/listener_context.hpp"

namespace ssmgate::flow {
namespace {

using Lines = std::vector<std::string>;

std::variant<Lines, tls::ContextPtr> open_context(const config::Listener& listener) {
  if (!listener.tls) return tls::ContextPtr();
  tls::ListenerFiles files;
  files.certificate = listener.tls->certificate;
  files.key = listener.tls->key;
  files.client_ca = listener.tls->client_ca;
  files.crl = listener.tls->crl;
  auto context = tls::make_listener_context(files, std::chrono::system_clock::now());
  if (auto* fault = std::get_if<tls::AuthorityFault>(&context)) {
    return Lines{"ssmgate: the listener " + config::render_socket_address(listener.bind) + ": " +
                 fault->text};
  }
  return std::get<tls::ContextPtr>(std::move(context));
}

// The files that its entrance is made of.
std::vector<std::filesystem::path> files_of(const config::Listener& listener,
                                            const config::Config& settings) {
  std::vector<std::filesystem::path> files = config::listener_files_of(listener);
  const bool basic = listener.auth == config::Auth::basic;
  if (basic && settings.users_file) files.push_back(*settings.users_file);
  return files;
}

// Makes what has changed, and keeps the rest.
class Opening {
 public:
  Opening(const config::Config& settings, const std::vector<EntrancePtr>& running)
      : settings_(settings), running_(running), keys_(keys_of(settings.listen)) {}

  std::variant<Lines, std::vector<EntrancePtr>> run() {
    look_at_unused_users();
    std::vector<EntrancePtr> entrances;
    for (std::size_t i = 0; i < settings_.listen.size(); ++i) take(i, entrances);
    if (!faults_.empty()) return std::move(faults_);
    return entrances;
  }

 private:
  // LIMIT: what is still another after so many tries is not being replaced but written to.
  static constexpr int kTries = 3;

  // Passwords are as secret where no listener asks for them, and one may soon. Once, so that it
  // does not keep a gateway from other changes.
  void look_at_unused_users() {
    const bool used = std::ranges::any_of(
        settings_.listen, [](const auto& each) { return each.auth == config::Auth::basic; });
    if (used || !settings_.users_file || !running_.empty()) return;
    load_users();
  }

  // False: a fault.
  bool load_users() {
    auto loaded = auth::load_users(*settings_.users_file);
    if (const auto* lines = std::get_if<Lines>(&loaded)) return add(*lines);
    users_ = std::get<std::shared_ptr<const auth::Users>>(std::move(loaded));
    return true;
  }

  // Each fault once: several listeners may have one file.
  bool add(const Lines& faults) {
    for (const std::string& fault : faults) {
      if (std::ranges::find(faults_, fault) == faults_.end()) faults_.push_back(fault);
    }
    return false;
  }

  // That of the running ones where nothing is other than it was: whether its files would still be
  // accepted is no reason to refuse what else has changed.
  void take(std::size_t i, std::vector<EntrancePtr>& entrances) {
    const config::Listener& listener = settings_.listen[i];
    const auto files = files_of(listener, settings_);
    std::string before = fingerprint(files);
    EntrancePtr was = find_entrance(running_, keys_[i]);
    const bool readable = files.empty() || !before.empty();
    if (was && readable && was->settings == listener && was->fingerprint == before) {
      entrances.push_back(std::move(was));
      return;
    }
    for (int tries = 0; tries < kTries; ++tries) {
      auto context = open_context(listener);
      const auto* lines = std::get_if<Lines>(&context);
      bool good = lines == nullptr || add(*lines);
      if (listener.auth == config::Auth::basic) good = load_users() && good;
      if (!good) return;
      std::string after = fingerprint(files);
      if (after == before && (files.empty() || !after.empty())) {
        entrances.push_back(std::make_shared<Entrance>(
            Entrance{keys_[i], listener, std::move(after),
                     std::get<tls::ContextPtr>(std::move(context)), users_}));
        return;
      }
      before = std::move(after);
    }
    add({"ssmgate: the listener " + config::render_socket_address(listener.bind) +
         ": its files are being written to; reload when that is done"});
  }

  const config::Config& settings_;
  const std::vector<EntrancePtr>& running_;
  const std::vector<ListenerKey> keys_;
  std::shared_ptr<const auth::Users> users_;
  Lines faults_;
};

}  // namespace

std::vector<ListenerKey> keys_of(const std::vector<config::Listener>& listeners) {
  std::vector<ListenerKey> keys;
  for (const config::Listener& listener : listeners) {
    const auto same = std::ranges::count_if(
        keys, [&](const ListenerKey& key) { return key.wanted == listener.bind; });
    keys.push_back(ListenerKey{listener.bind, static_cast<std::size_t>(same)});
  }
  return keys;
}

EntrancePtr find_entrance(const std::vector<EntrancePtr>& entrances, const ListenerKey& key) {
  const auto found =
      std::ranges::find_if(entrances, [&key](const EntrancePtr& each) { return each->key == key; });
  return found == entrances.end() ? nullptr : *found;
}

bool is_in_force(const Entrance& entrance, const std::vector<EntrancePtr>& entrances) noexcept {
  return std::ranges::any_of(entrances,
                             [&](const EntrancePtr& each) { return each.get() == &entrance; });
}

std::variant<Lines, std::vector<EntrancePtr>> open_entrances(
    const config::Config& settings, const std::vector<EntrancePtr>& running) {
  return Opening(settings, running).run();
}

}  // namespace ssmgate::flow
