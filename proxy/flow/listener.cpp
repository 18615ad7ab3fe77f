#include "flow/listener.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "config/values.hpp"
#include "flow/connection.hpp"
#include "net/descriptor.hpp"
#include "net/socket.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
using asio::ip::tcp;
namespace {

// LIMIT: what the kernel keeps for us; it cuts this to net.core.somaxconn.
constexpr int kBacklog = 4096;
// Out of file descriptors: connections wait in the backlog until others have ended.
constexpr std::chrono::milliseconds kBreather{100};
// LIMIT: connections accepted at a stretch; then `close` has its turn.
constexpr int kBatch = 64;

void open_and_listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint,
                     boost::system::error_code& error) {
  net::open_acceptor(acceptor, endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  // So that `[::]` and `0.0.0.0` can stand side by side, each with its own settings.
  if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
}

std::string_view remedy_of(const boost::system::error_code& error, std::uint16_t port) {
  if (error == asio::error::address_in_use) {
    return "; another ssmgate may be running there: stop it or change `listen`";
  }
  if (error == boost::system::errc::address_not_available) {
    return "; no interface of this machine has that address (yet): see `ip address`, or change "
           "`listen`";
  }
  if (error == asio::error::access_denied && port < 1024) {
    return "; ports below 1024 are root's: take another, or a socket unit of systemd's";
  }
  return {};
}

}  // namespace

std::variant<std::string, ListenerPtr> Listener::bind(EventLoops& loops, const ListenerKey& key,
                                                      int inherited) {
  boost::system::error_code error;
  const tcp::endpoint endpoint(to_asio_address(key.wanted.address), key.wanted.port);
  tcp::acceptor acceptor(loops.first());
  if (inherited >= 0) {
    net::adopt_acceptor(acceptor, endpoint.protocol(), inherited, error);
  } else {
    open_and_listen(acceptor, endpoint, error);
  }
  if (!error) return std::make_shared<Listener>(loops, std::move(acceptor), key);
  return "cannot listen on " + config::render_socket_address(key.wanted) + ": " + error.message() +
         std::string(remedy_of(error, key.wanted.port));
}

Listener::Listener(EventLoops& loops, tcp::acceptor acceptor, ListenerKey key)
    : loops_(loops), acceptor_(std::move(acceptor)), key_(key), address_(key.wanted) {
  boost::system::error_code error;
  address_.port = acceptor_.local_endpoint(error).port();
  name_ = config::render_socket_address(address_);
}

void Listener::start(Gateway& gateway, Admission& admission) {
  asio::co_spawn(acceptor_.get_executor(), accept(shared_from_this(), gateway, admission),
                 asio::detached);
}

void Listener::close() {
  asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
    boost::system::error_code ignored;
    self->acceptor_.close(ignored);
  });
}

asio::awaitable<void> Listener::accept(ListenerPtr self, Gateway& gateway, Admission& admission) {
  asio::steady_timer breather(self->acceptor_.get_executor());
  while (self->acceptor_.is_open()) {
    boost::system::error_code error;
    auto arrival = asio::redirect_error(asio::use_awaitable, error);
    co_await self->acceptor_.async_wait(tcp::acceptor::wait_read, std::move(arrival));
    try {
      if (!error) error = self->accept_batch(gateway, admission);
    } catch (const std::exception& fault) {
      spdlog::error("a fault of ssmgate's own: {}", fault.what());
      error = asio::error::no_memory;
    }
    if (error == asio::error::operation_aborted || !self->acceptor_.is_open()) co_return;
    if (!error) continue;
    self->trouble_.say([&](std::uint64_t more) {
      spdlog::warn(
          "{}: a connection could not be accepted: {} ({} more such since the last such line)",
          self->name_, error.message(), more);
    });
    breather.expires_after(kBreather);
    auto pause = asio::redirect_error(asio::use_awaitable, error);
    co_await breather.async_wait(std::move(pause));
  }
}

boost::system::error_code Listener::accept_batch(Gateway& gateway, Admission& admission) {
  for (int i = 0; i < kBatch; ++i) {
    boost::system::error_code error;
    asio::io_context& loop = loops_.freest();
    tcp::socket socket(loop);
    net::accept_waiting(acceptor_, socket, error);
    if (error == asio::error::would_block) break;
    // The client has gone, or a signal came: the next may be there all the same.
    if (error == asio::error::connection_aborted || error == asio::error::interrupted) continue;
    if (error) return error;
    loops_.count_connection(loop);
    welcome(std::move(socket), loop, gateway, admission);
  }
  return {};
}

void Listener::welcome(tcp::socket socket, asio::io_context& loop, Gateway& gateway,
                       Admission& admission) {
  GenerationPtr generation = gateway.current();
  EntrancePtr entrance = find_entrance(generation->entrances, key_);
  if (entrance == nullptr) return;  // taken out by a reload just now
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return;
  if (net::prepare_socket(socket)) return;
  const IpAddress client = unmapped(to_ip_address(peer.address()));

  const auto executor = loop.get_executor();
  const auto watchdog = std::make_shared<Watchdog>(executor, entrance);
  auto ticket = admission.admit(client, watchdog);
  state::Metrics& metrics = gateway.observations->metrics;
  (ticket ? metrics.accepted : metrics.over_limit).fetch_add(1, std::memory_order_relaxed);
  if (!ticket) {
    over_limit_.say([&](std::uint64_t more) {
      spdlog::warn("{}: over-limit: hung up on {} ({} more such since the last such line)", name_,
                   render_ip_address(client), more);
    });
    return;
  }
  auto arrival = std::make_unique<Arrival>();
  arrival->client = client;
  arrival->listener = name_;
  arrival->generation = std::move(generation);
  arrival->entrance = std::move(entrance);
  // At once: a client that has hung up has no owner any more.
  const config::Listener& settings = arrival->entrance->settings;
  if (settings.auth == config::Auth::local_user || settings.own_user_only) {
    arrival->owner = net::find_owner({peer, socket.local_endpoint(error)});
  }
  arrival->stream = net::make_plain_stream(std::move(socket));
  start_connection(gateway, std::move(arrival), watchdog, std::move(ticket), executor);
}

}  // namespace ssmgate::flow
