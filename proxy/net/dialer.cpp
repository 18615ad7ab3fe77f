// Name, addresses, attempts: the way to a connected socket, and why there is none.
#include "net/dialer.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/descriptor.hpp"
#include "net/system_lookup.hpp"
#include "net/tokens.hpp"

namespace ssmgate::net {
namespace {

using Tcp = asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLeastShare{250};
// LIMIT: addresses whose failure is told one by one; a name can have hundreds.
constexpr std::size_t kFailuresShown = 4;

std::string words(const error_code& error) {
  if (error == asio::error::host_not_found) return "no such name";
  if (error == asio::error::host_not_found_try_again) return "the name servers do not answer";
  std::string text = error.message();
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

std::string render_endpoint(const Tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" +
         std::to_string(endpoint.port());
}

std::string render_time(milliseconds time) {
  if (time.count() % 1000 == 0) return std::to_string(time.count() / 1000) + " s";
  return std::to_string(time.count()) + " ms";
}

Dial fail(Code code, std::string detail) {
  DialFault fault;
  fault.code = code;
  fault.detail = std::move(detail);
  return fault;
}

// One connect and its deadline. Shared with the timer's handler, which may run a moment after the
// attempt is over.
struct Attempt {
  explicit Attempt(const asio::any_io_executor& executor) : socket(executor), timer(executor) {}
  Tcp::socket socket;
  asio::steady_timer timer;
  bool over = false;
  bool timed_out = false;
};

void arm(const std::shared_ptr<Attempt>& attempt, SteadyClock::time_point deadline) {
  attempt->timer.expires_at(deadline);
  attempt->timer.async_wait([attempt](const error_code& error) {
    if (error || attempt->over) return;
    attempt->timed_out = true;
    error_code ignored;
    attempt->socket.close(ignored);
  });
}

error_code set_options(Tcp::socket& socket) {
  error_code error;
  socket.set_option(Tcp::no_delay(true), error);
  if (!error) socket.set_option(asio::socket_base::keep_alive(true), error);
  return error;
}

struct Failures {
  std::string text;
  std::size_t count = 0;
  bool timed_out = false;

  void add(const Tcp::endpoint& endpoint, const error_code& error) {
    timed_out = timed_out || error == asio::error::timed_out;
    if (++count > kFailuresShown) return;
    if (!text.empty()) text += ", ";
    text += render_endpoint(endpoint) + ": ";
    text += error == asio::error::timed_out ? "no answer in time" : words(error);
  }
  [[nodiscard]] Dial as_fault() const {
    std::string whole = text;
    if (count > kFailuresShown) {
      whole += " and " + std::to_string(count - kFailuresShown) + " more";
    }
    // A silent address is the news, even where another family has no route at all.
    return fail(timed_out ? Code::upstream_timeout : Code::upstream_refused, std::move(whole));
  }
};

// A share of the time left, so that a silent first address leaves some for the others.
SteadyClock::time_point share_of(SteadyClock::time_point deadline, std::size_t attempts_left) {
  const auto now = SteadyClock::now();
  const auto left = std::max(deadline - now, SteadyClock::duration::zero());
  const auto even = left / static_cast<SteadyClock::rep>(attempts_left);
  return now + std::min(left, std::max<SteadyClock::duration>(even, kLeastShare));
}

asio::awaitable<error_code> try_one(std::shared_ptr<Attempt> attempt, Tcp::endpoint endpoint,
                                    SteadyClock::time_point deadline) {
  error_code opened;
  open_socket(attempt->socket, endpoint.protocol(), opened);
  if (opened) co_return opened;
  arm(attempt, deadline);
  const auto [connected] = co_await attempt->socket.async_connect(endpoint, kAwait);
  attempt->over = true;
  attempt->timer.cancel();
  if (attempt->timed_out) co_return asio::error::timed_out;
  if (connected) co_return connected;
  co_return set_options(attempt->socket);
}

asio::awaitable<Dial> try_all(std::vector<Tcp::endpoint> endpoints,
                              SteadyClock::time_point deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  Failures failures;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const Tcp::endpoint endpoint = endpoints[i];
    if (i > 0 && SteadyClock::now() >= deadline) {
      failures.add(endpoint, asio::error::timed_out);
      continue;
    }
    auto attempt = std::make_shared<Attempt>(executor);
    const auto share = share_of(deadline, endpoints.size() - i);
    const error_code error = co_await try_one(attempt, endpoint, share);
    if (!error) co_return make_plain_stream(std::move(attempt->socket));
    // Whoever gave up on the dial does not want the other addresses either.
    if (error == asio::error::operation_aborted) co_return fail(Code::upstream_closed, "given up");
    failures.add(endpoint, error);
  }
  co_return failures.as_fault();
}

// What may be dialled; `passed_over` says which may not.
std::vector<Tcp::endpoint> permitted(const std::vector<Tcp::endpoint>& endpoints,
                                     const AddressFilter& denied, std::string& passed_over) {
  std::vector<Tcp::endpoint> good;
  for (const Tcp::endpoint& endpoint : endpoints) {
    if (!denied || !denied(endpoint.address())) {
      good.push_back(endpoint);
      continue;
    }
    if (!passed_over.empty()) passed_over += ", ";
    passed_over += endpoint.address().to_string();
  }
  return good;
}

}  // namespace

asio::awaitable<Dial> Dialer::dial(std::string host, std::uint16_t port, AddressFilter denied) {
  const auto deadline = SteadyClock::now() + options_.connect_timeout;
  std::vector<Tcp::endpoint> endpoints;
  const auto given = options_.resolve.find(host + ":" + std::to_string(port));
  if (given != options_.resolve.end()) {
    endpoints.emplace_back(unmap(given->second.address()), given->second.port());
  } else {
    std::string name = host;
    const Resolution found = co_await resolver_.resolve(std::move(name), deadline);
    if (found.error == asio::error::timed_out) {
      co_return fail(Code::upstream_name, "looking up `" + host + "` took longer than " +
                                              render_time(options_.connect_timeout));
    }
    if (found.error) {
      co_return fail(Code::upstream_name, "looking up `" + host + "`: " + words(found.error));
    }
    for (const auto& address : found.addresses) endpoints.emplace_back(unmap(address), port);
  }
  std::string passed_over;
  endpoints = permitted(endpoints, denied, passed_over);
  if (endpoints.empty()) {
    co_return fail(Code::egress, "`" + host + "` is at " + passed_over +
                                     ", where this gateway may not connect to");
  }
  co_return co_await try_all(std::move(endpoints), deadline);
}

}  // namespace ssmgate::net
