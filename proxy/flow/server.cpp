#include "flow/server.hpp"

#include <algorithm>
#include <optional>
#include <thread>

#include <spdlog/spdlog.h>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include "flow/activation.hpp"
#include "flow/listener.hpp"

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

  // INVARIANT: destroyed in reverse: the threads are joined before anything they use goes.
  Gateway gateway;
  Admission admission;
  asio::io_context context;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::optional<asio::steady_timer> prune_timer;
  std::vector<std::thread> threads;

  void run_thread() {
    for (;;) {
      try {
        context.run();
        return;
      } catch (const std::exception& error) {
        spdlog::error("a fault of ssmgate's own: {}", error.what());
      }
    }
  }

  void prune_later() {
    prune_timer->expires_after(kPruneEvery);
    prune_timer->async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      gateway.current()->pool.prune();
      prune_later();
    });
  }

  void stop() {
    if (threads.empty()) return;
    for (const auto& listener : listeners) listener->close();
    admission.stop_all();
    admission.wait_until_empty(std::chrono::steady_clock::now() + std::chrono::seconds(2));
    work.reset();
    context.stop();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    gateway.current()->pool.retire();
    // Last of all: every connection has written its own end.
    post_event(gateway, state::Event::stop, "");
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  impl_->stop();
}

std::variant<StartFault, std::unique_ptr<Server>> Server::open(
    config::Config settings, std::vector<net::InheritedSocket> inherited) {
  auto impl = std::make_unique<Impl>(settings.limits);
  auto generation = open_generation(std::move(settings), impl->gateway.resolver);
  if (auto* fault = std::get_if<StartFault>(&generation)) return std::move(*fault);
  impl->gateway.replace(std::get<GenerationPtr>(std::move(generation)));
  const auto& entrances = impl->gateway.current()->entrances;
  auto matched = match_sockets(std::move(inherited), entrances);
  if (auto* fault = std::get_if<std::string>(&matched)) return StartFault{{"ssmgate: " + *fault}};
  for (std::size_t i = 0; i < entrances.size(); ++i) {
    const int descriptor = std::get<std::vector<int>>(matched)[i];
    auto bound = Listener::bind(impl->context, entrances[i], descriptor);
    if (auto* fault = std::get_if<std::string>(&bound)) return StartFault{{"ssmgate: " + *fault}};
    impl->listeners.push_back(std::move(std::get<std::unique_ptr<Listener>>(bound)));
    impl->gateway.listeners.push_back(impl->listeners.back()->address());
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

const std::vector<config::SocketAddress>& Server::addresses() const noexcept {
  return impl_->gateway.listeners;
}

std::string Server::root_pem() const {
  return impl_->gateway.current()->authority->root_pem();
}

void Server::start() {
  Impl& impl = *impl_;
  const bool torn = impl.gateway.audit()->found_torn_line();
  post_event(impl.gateway, state::Event::start,
             torn ? "an unfinished line at the end of the log was cut off" : "");
  impl.work.emplace(impl.context.get_executor());
  impl.prune_timer.emplace(impl.context);
  impl.prune_later();
  for (const auto& listener : impl.listeners) listener->start(impl.gateway, impl.admission);
  const unsigned count = std::max(1U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < count; ++i) {
    impl.threads.emplace_back([&impl] { impl.run_thread(); });
  }
}

void Server::drain(std::chrono::milliseconds grace) {
  for (const auto& listener : impl_->listeners) listener->close();
  impl_->admission.drain_all();
  impl_->admission.wait_until_empty(std::chrono::steady_clock::now() + grace);
  impl_->stop();
}

void Server::hasten() {
  impl_->admission.hasten();
}

}  // namespace ssmgate::flow
