#include "flow/entrance.hpp"

#include <algorithm>
#include <chrono>

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

std::string fingerprint_of(const config::Listener& listener, const config::Config& settings) {
  std::vector<std::filesystem::path> files = config::listener_files_of(listener);
  const bool basic = listener.auth == config::Auth::basic;
  if (basic && settings.users_file) files.push_back(*settings.users_file);
  return fingerprint(files);
}

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

std::variant<Lines, std::vector<EntrancePtr>> open_entrances(
    const config::Config& settings, const std::vector<EntrancePtr>& running) {
  const std::vector<ListenerKey> keys = keys_of(settings.listen);
  std::vector<std::string> fingerprints;
  for (const config::Listener& listener : settings.listen) {
    fingerprints.push_back(fingerprint_of(listener, settings));
  }
  // Also where no listener asks for passwords: they are as secret, and one may soon.
  std::shared_ptr<const auth::Users> users;
  if (settings.users_file) {
    auto loaded = auth::load_users(*settings.users_file);
    if (auto* lines = std::get_if<Lines>(&loaded)) return std::move(*lines);
    users = std::get<std::shared_ptr<const auth::Users>>(std::move(loaded));
  }
  std::vector<EntrancePtr> entrances;
  for (std::size_t i = 0; i < settings.listen.size(); ++i) {
    const config::Listener& listener = settings.listen[i];
    auto context = open_context(listener);
    if (auto* lines = std::get_if<Lines>(&context)) return std::move(*lines);
    EntrancePtr was = find_entrance(running, keys[i]);
    if (was && was->settings == listener && was->fingerprint == fingerprints[i]) {
      entrances.push_back(std::move(was));
      continue;
    }
    entrances.push_back(
        std::make_shared<Entrance>(Entrance{keys[i], listener, std::move(fingerprints[i]),
                                            std::get<tls::ContextPtr>(std::move(context)), users}));
  }
  return entrances;
}

}  // namespace ssmgate::flow
