#include "flow/entrance.hpp"

#include <algorithm>
#include <chrono>

#include "config/values.hpp"
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

}  // namespace

std::variant<Lines, std::vector<EntrancePtr>> open_entrances(const config::Config& settings) {
  // Also where no listener asks for passwords: they are as secret, and one may soon.
  std::shared_ptr<const auth::Users> users;
  if (settings.users_file) {
    auto loaded = auth::load_users(*settings.users_file);
    if (auto* lines = std::get_if<Lines>(&loaded)) return std::move(*lines);
    users = std::get<std::shared_ptr<const auth::Users>>(std::move(loaded));
  }
  std::vector<EntrancePtr> entrances;
  for (const config::Listener& listener : settings.listen) {
    auto context = open_context(listener);
    if (auto* lines = std::get_if<Lines>(&context)) return std::move(*lines);
    auto entrance = std::make_shared<Entrance>();
    entrance->settings = listener;
    entrance->context = std::get<tls::ContextPtr>(std::move(context));
    entrance->users = users;
    entrances.push_back(std::move(entrance));
  }
  return entrances;
}

}  // namespace ssmgate::flow
