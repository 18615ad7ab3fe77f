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
  const auto now = std::chrono::system_clock::now();
  auto context = tls::make_listener_context(files_of(*listener.tls), now);
  if (auto* fault = std::get_if<tls::AuthorityFault>(&context)) {
    return Lines{"ssmgate: the listener " + config::render_socket_address(listener.bind) + ": " +
                 fault->text};
  }
  return std::get<tls::ContextPtr>(std::move(context));
}

// The files that an entrance is made of, and what they hold.
struct Files {
  using Paths = std::vector<std::filesystem::path>;

  Files(const config::Listener& listener, const config::Config& settings)
      : certificate(config::certificate_files_of(listener)),
        authorities(config::authority_files_of(listener)) {
    const bool basic = listener.auth == config::Auth::basic;
    if (basic && settings.users_file) passwords.push_back(*settings.users_file);
  }

  Paths certificate;
  Paths authorities;
  Paths passwords;
};

struct Prints {
  explicit Prints(const Files& files)
      : certificate(fingerprint(files.certificate)),
        authorities(fingerprint(files.authorities)),
        passwords(fingerprint(files.passwords)) {}
  bool operator==(const Prints&) const = default;

  [[nodiscard]] bool is_whole(const Files& files) const {
    return (files.certificate.empty() || !certificate.empty()) && has_guests(files);
  }
  [[nodiscard]] bool has_guests(const Files& files) const {
    return (files.authorities.empty() || !authorities.empty()) &&
           (files.passwords.empty() || !passwords.empty());
  }
  [[nodiscard]] bool are_of(const Guests& guests) const {
    return guests.authorities == authorities && guests.passwords == passwords;
  }

  std::string certificate;
  std::string authorities;
  std::string passwords;
};

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
    const Files files(listener, settings_);
    Prints before(files);
    EntrancePtr was = find_entrance(running_, keys_[i]);
    if (was && was->settings == listener && before.is_whole(files) &&
        before.certificate == was->certificate && before.are_of(*was->guests)) {
      entrances.push_back(std::move(was));
      return;
    }
    for (int tries = 0; tries < kTries; ++tries) {
      auto context = open_context(listener);
      const auto* lines = std::get_if<Lines>(&context);
      auto terms =
          listener.tls ? tls::read_terms(files_of(*listener.tls)) : std::vector<tls::Term>();
      const bool good = lines == nullptr || add(*lines);
      const auto guests = find_guests(listener, files, before, was.get());
      if (!good || guests == nullptr) return;
      Prints after(files);
      if (after == before && after.is_whole(files)) {
        // It was another for a moment alone.
        const bool same = was && was->settings == listener && was->guests == guests &&
                          was->certificate == after.certificate;
        if (same) return entrances.push_back(std::move(was));
        entrances.push_back(std::make_shared<Entrance>(
            Entrance{keys_[i], listener, guests, std::move(after.certificate),
                     std::get<tls::ContextPtr>(std::move(context)), std::move(terms)}));
        return;
      }
      before = std::move(after);
    }
    add({"ssmgate: the listener " + config::render_socket_address(listener.bind) +
         ": its files are being written to; reload when that is done"});
  }

  // Those that `was` lets in where they are the same. Null: a fault.
  std::shared_ptr<const Guests> find_guests(const config::Listener& listener, const Files& files,
                                            const Prints& prints, const Entrance* was) {
    if (was != nullptr && lets_in_the_same(was->settings, listener) && prints.has_guests(files) &&
        prints.are_of(*was->guests)) {
      return was->guests;
    }
    const bool basic = listener.auth == config::Auth::basic;
    if (basic && !load_users()) return nullptr;
    return std::make_shared<Guests>(
        Guests{prints.authorities, prints.passwords, basic ? users_ : nullptr});
  }

  const config::Config& settings_;
  const std::vector<EntrancePtr>& running_;
  const std::vector<ListenerKey> keys_;
  std::shared_ptr<const auth::Users> users_;
  Lines faults_;
};

}  // namespace

tls::ListenerFiles files_of(const config::ListenerTls& settings) {
  return {settings.certificate, settings.key, settings.client_ca, settings.crl};
}

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

bool lets_in_the_same(const config::Listener& one, const config::Listener& other) {
  const auto without_certificate = [](config::Listener listener) {
    if (!listener.tls) return listener;
    listener.tls->certificate.clear();
    listener.tls->key.clear();
    return listener;
  };
  return without_certificate(one) == without_certificate(other);
}

bool is_in_force(const Entrance& entrance, const std::vector<EntrancePtr>& entrances) noexcept {
  return std::ranges::any_of(
      entrances, [&](const EntrancePtr& each) { return each->guests == entrance.guests; });
}

std::variant<Lines, std::vector<EntrancePtr>> open_entrances(
    const config::Config& settings, const std::vector<EntrancePtr>& running) {
  return Opening(settings, running).run();
}

}  // namespace ssmgate::flow
