#include "admin/server.hpp"

#include <thread>

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "admin/acceptor.hpp"
#include "admin/connection.hpp"
#include "admin/endpoint_files.hpp"
#include "net/tokens.hpp"

namespace ssmgate::admin {
namespace asio = boost::asio;
namespace {

// LIMIT: connections at a time; pages, scrapes and commands of one machine. Beyond them the one
// that has been silent for longest makes room: any program of the machine can open as many as it
// likes.
constexpr std::size_t kMaxConnections = 64;
// Out of file descriptors: wait for some to be given back.
constexpr std::chrono::milliseconds kBreather{100};

asio::awaitable<void> accept_all(Acceptor& acceptor, Shared& shared) {
  asio::steady_timer breather(acceptor.socket().get_executor());
  while (acceptor.socket().is_open()) {
    auto [error, socket] = co_await acceptor.socket().async_accept(net::kAwait);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      breather.expires_after(kBreather);
      co_await breather.async_wait(net::kAwait);
      continue;
    }
    if (shared.connections >= kMaxConnections) {
      if (shared.idle.empty()) continue;
      shared.idle.front()->hang_up();
    }
    const auto connection = std::make_shared<Connection>(std::move(socket), shared);
    asio::co_spawn(acceptor.socket().get_executor(), Connection::run(connection), asio::detached);
  }
}

}  // namespace

struct Server::Impl {
  // INVARIANT: destroyed in reverse: connections go with the context, before what they share.
  Shared shared;
  asio::io_context context{1};
  std::unique_ptr<Acceptor> acceptor;
  std::unique_ptr<EndpointFiles> files;
  std::thread thread;

  void run_thread() {
    for (;;) {
      try {
        context.run();
        return;
      } catch (const std::exception& error) {
        spdlog::error("admin: a fault of ssmgate's own: {}", error.what());
      }
    }
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  impl_->shared.way_back->close();
  impl_->context.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

std::variant<OpenFault, std::unique_ptr<Server>> Server::open(const config::Admin::Address& address,
                                                              const std::filesystem::path& state) {
  auto impl = std::make_unique<Impl>();
  impl->shared.way_back = std::make_shared<WayBack>(impl->context);
  auto acceptor = Acceptor::open(impl->context, address);
  if (auto* fault = std::get_if<AcceptorFault>(&acceptor)) {
    return OpenFault{std::move(fault->text), fault->in_use};
  }
  impl->acceptor = std::get<std::unique_ptr<Acceptor>>(std::move(acceptor));
  // Not before the address is ours: another gateway's files stay as they are.
  auto files = EndpointFiles::write(state, impl->acceptor->address());
  if (auto* fault = std::get_if<std::string>(&files)) return OpenFault{std::move(*fault), false};
  impl->files = std::get<std::unique_ptr<EndpointFiles>>(std::move(files));
  impl->shared.token = impl->files->token();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

const config::Admin::Address& Server::address() const noexcept {
  return impl_->acceptor->address();
}

Router& Server::router() noexcept {
  return impl_->shared.router;
}

void Server::start() {
  asio::co_spawn(impl_->context, accept_all(*impl_->acceptor, impl_->shared), asio::detached);
  impl_->thread = std::thread([impl = impl_.get()] { impl->run_thread(); });
}

}  // namespace ssmgate::admin
