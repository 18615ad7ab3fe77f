#include "flow/server.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>

#include <spdlog/spdlog.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "admin/endpoint_files.hpp"
#include "admin/server.hpp"
#include "config/reread.hpp"
#include "flow/activation.hpp"
#include "flow/event_loops.hpp"
#include "flow/free_memory.hpp"
#include "flow/listener_ends.hpp"
#include "flow/listeners.hpp"
#include "flow/page_routes.hpp"
#include "flow/reload.hpp"
#include "flow/session_routes.hpp"
#include "flow/status_routes.hpp"
#include "flow/warnings.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds kPruneEvery{5};

void post_event(Gateway& gateway, state::Event event, std::string message) {
  state::AuditRecord record;
  record.event = event;
  record.time = gateway.now();
  record.policy_revision = gateway.current()->policy->revision();
  record.message = std::move(message);
  gateway.audit()->post(record);
}

}  // namespace

struct Server::Impl {
  explicit Impl(const config::Limits& limits) : admission(limits) {}

  // INVARIANT: destroyed in reverse, after `stop`: what connections use outlives the loops, which
  // destroy what is left of them.
  Gateway gateway;
  Admission admission;
  History history;
  EventLoops loops{std::max(1U, std::thread::hardware_concurrency())};
  Listeners listeners{loops};
  FreeMemory free_memory;
  std::optional<asio::steady_timer> prune_timer;
  std::optional<asio::steady_timer> beat_timer;
  std::chrono::milliseconds beat_period{};
  std::function<void()> beat;
  std::mutex lifecycle;
  bool ending = false;     // guarded by `lifecycle`
  bool announced = false;  // its start is in the log
  bool stopped = false;
  std::optional<Reloadable> reloadable;
  ReloadHooks hooks;
  std::unique_ptr<admin::Server> admin;
  std::string no_admin = "none";  // why there is no admin listener
  std::unique_ptr<Reloader> reloader;

  void prune_later() {
    prune_timer->expires_after(kPruneEvery);
    prune_timer->async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      if (loops.all_answer()) history.beat();
      gateway.current()->pool.prune();
      free_memory.give_back(admission.count() == 0);
      prune_later();
    });
  }

  void beat_later() {
    if (loops.all_answer()) beat();
    beat_timer->expires_after(beat_period);
    beat_timer->async_wait([this](const boost::system::error_code& error) {
      if (!error) beat_later();
    });
  }

  void warm_up() {
    const auto asks_the_system = [](const EntrancePtr& entrance) {
      return entrance->settings.auth == config::Auth::local_user;
    };
    if (std::ranges::none_of(gateway.current()->entrances, asks_the_system)) return;
    gateway.local_users.warm_up(loops.first().get_executor());
  }

  ReloadReport reload(const std::string& asked_by, std::vector<std::filesystem::path>& files) {
    if (hooks.began) hooks.began(asked_by);
    const std::string before = gateway.current()->policy->revision();
    ReloadReport report = try_reload(*reloadable, asked_by, files);
    if (report.taken) warm_up();
    state::Metrics& metrics = gateway.observations->metrics;
    (report.taken ? metrics.reloads_taken : metrics.reloads_refused)
        .fetch_add(1, std::memory_order_relaxed);
    history.set_file(reloadable->file);
    history.note_reload(report, gateway.current()->policy->revision() != before, gateway.now());
    if (hooks.ended) hooks.ended(report);
    return report;
  }

  // The files of a gateway that was killed would lead commands, and its token, to whoever is there.
  static void forget_admin(const config::Config& settings) {
    if (settings.sessions.stored) admin::EndpointFiles::remove(settings.state);
  }

  // One that nobody asked for is no reason not to start where another gateway has the address.
  std::optional<StartFault> open_admin(const config::Config& settings) {
    const config::Admin& wanted = settings.admin;
    if (std::holds_alternative<std::monostate>(wanted.address)) {
      forget_admin(settings);
      return std::nullopt;
    }
    auto opened = admin::Server::open(wanted.address, settings.state);
    if (auto* fault = std::get_if<admin::OpenFault>(&opened)) {
      if (!fault->in_use || wanted.said) return StartFault{{"ssmgate: " + fault->text}};
      forget_admin(settings);
      no_admin = "none: " + fault->text;
      return std::nullopt;
    }
    admin = std::get<std::unique_ptr<admin::Server>>(std::move(opened));
    if (const auto* bound = std::get_if<config::SocketAddress>(&admin->address())) {
      gateway.set_admin(*bound);
    }
    return std::nullopt;
  }

  // What cannot be read again cannot be reloaded: a gateway of `run`.
  void ask_for_reload(ReloadDone done) {
    if (reloader) return reloader->ask("admin", std::move(done));
    ReloadReport refused;
    refused.asked_by = "admin";
    refused.lines = {"this gateway does not reload"};
    done(refused);
  }

  // From then on nothing is accepted and nothing reloaded.
  void begin_end() {
    history.note_ending();
    {
      const std::lock_guard lock(lifecycle);
      ending = true;
      listeners.close();
    }
    if (reloader) reloader->close();
  }

  // Also after a start that failed half way.
  void stop() {
    if (std::exchange(stopped, true)) return;
    if (loops.running()) {
      begin_end();
      admission.stop_all();
      admission.wait_until_empty(std::chrono::steady_clock::now() + std::chrono::seconds(2));
    }
    loops.stop();
    admin.reset();  // its thread may be asking the reloader
    reloader.reset();
    gateway.sessions.close();
    gateway.current()->pool.retire();
    // Last of all: every connection has written its own end.
    if (announced) post_event(gateway, state::Event::stop, "");
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  impl_->stop();
}

std::variant<StartFault, std::unique_ptr<Server>> Server::open(
    config::Config settings, std::vector<net::InheritedSocket> inherited) {
  if (auto loop = config::find_parent_loop(settings)) return StartFault{{"ssmgate: " + *loop}};
  auto impl = std::make_unique<Impl>(settings.limits);
  auto generation = open_generation(std::move(settings), impl->gateway, nullptr);
  if (auto* fault = std::get_if<StartFault>(&generation)) return std::move(*fault);
  impl->gateway.replace(std::get<GenerationPtr>(std::move(generation)));
  const GenerationPtr first = impl->gateway.current();
  if (auto fault = impl->gateway.sessions.open(first->config)) {
    return StartFault{{"ssmgate: " + *fault}};
  }
  auto matched = match_sockets(std::move(inherited), first->entrances);
  if (auto* fault = std::get_if<std::string>(&matched)) return StartFault{{"ssmgate: " + *fault}};
  auto plan = impl->listeners.prepare(first->config.listen, std::get<std::vector<int>>(matched));
  if (auto* fault = std::get_if<std::string>(&plan)) return StartFault{{"ssmgate: " + *fault}};
  if (auto fault = impl->open_admin(first->config)) return std::move(*fault);
  impl->listeners.commit(std::get<Listeners::Plan>(std::move(plan)), impl->gateway);
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::vector<config::SocketAddress> Server::addresses() const {
  return impl_->gateway.listeners();
}

std::string Server::admin_address() const {
  return impl_->admin ? config::render_admin_address(impl_->admin->address()) : impl_->no_admin;
}

std::string Server::root_pem() const {
  return impl_->gateway.current()->authority->root_pem();
}

std::vector<std::string> Server::warnings() const {
  const GenerationPtr running = impl_->gateway.current();
  std::vector<std::string> lines = find_warnings(running->config, *running->policy);
  const auto ends = find_listener_ends(running->entrances, impl_->gateway.now());
  lines.insert(lines.end(), ends.begin(), ends.end());
  return lines;
}

void Server::allow_reload(std::optional<std::filesystem::path> file, ReloadHooks hooks) {
  Impl& impl = *impl_;
  impl.hooks = std::move(hooks);
  impl.history.set_file(file);
  impl.reloadable.emplace(Reloadable{
      impl.gateway, impl.admission, impl.listeners, impl.lifecycle, impl.ending, std::move(file),
      [&impl](std::shared_ptr<const void> old) { impl.reloader->bury(std::move(old)); }});
}

void Server::beat_every(std::chrono::milliseconds period, std::function<void()> beat) {
  impl_->beat_period = period;
  impl_->beat = std::move(beat);
}

void Server::reload(const std::string& asked_by, ReloadDone done) {
  if (impl_->reloader) impl_->reloader->ask(asked_by, std::move(done));
}

void Server::start() {
  Impl& impl = *impl_;
  impl.history.start(impl.gateway.now());
  const bool torn = impl.gateway.audit()->found_torn_line();
  post_event(impl.gateway, state::Event::start,
             torn ? "an unfinished line at the end of the log was cut off" : "");
  impl.announced = true;
  asio::io_context& loop = impl.loops.first();
  impl.prune_timer.emplace(loop);
  impl.prune_later();
  if (impl.beat) {
    impl.beat_timer.emplace(loop);
    asio::post(loop, [&impl] { impl.beat_later(); });
  }
  // Known before anybody can ask for a channel.
  impl.gateway.sessions.start(loop);
  impl.listeners.start(impl.gateway, impl.admission);
  impl.warm_up();
  if (impl.reloadable) {
    const Reloadable& target = *impl.reloadable;
    impl.reloader = std::make_unique<Reloader>(
        loop, config::files_of(target.file, impl.gateway.current()->config),
        [&impl](const std::string& asked_by, std::vector<std::filesystem::path>& files) {
          return impl.reload(asked_by, files);
        });
  }
  impl.loops.start();
  if (impl.admin) {
    const StatusSource source{impl.gateway, impl.admission, impl.history};
    add_status_routes(impl.admin->router(), source,
                      [&impl](ReloadDone done) { impl.ask_for_reload(std::move(done)); });
    add_page_routes(impl.admin->router(), source);
    add_session_routes(impl.admin->router(), impl.gateway.sessions);
    impl.admin->start();
  }
  asio::post(loop, [] { unmap_code(); });
}

void Server::drain(std::chrono::milliseconds grace) {
  impl_->begin_end();
  impl_->admission.drain_all();
  impl_->admission.wait_until_empty(std::chrono::steady_clock::now() + grace);
  impl_->stop();
}

void Server::hasten() {
  impl_->admission.hasten();
}

}  // namespace ssmgate::flow
