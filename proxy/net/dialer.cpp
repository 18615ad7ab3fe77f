// Name, addresses, attempts: the way to a connected socket, and why there is none.
#include "net/dialer.hpp"

#include <cctype>
#include <cerrno>
#include <utility>
#include <vector>

#include <boost/asio/error.hpp>

#include "net/address_order.hpp"
#include "net/system_lookup.hpp"

namespace ssmgate::net {
namespace {

using Tcp = asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

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

std::string words_of(const RaceFailure& failure) {
  const std::string where = render_endpoint(failure.endpoint) + ": ";
  if (failure.error == asio::error::timed_out) return where + "no answer in time";
  if (failure.denied) {
    return where + "it leads to where this gateway may not connect to";
  }
  return where + words(failure.error);
}

// This machine's want, not the upstream's trouble.
bool is_want(const error_code& error) {
  for (const int number : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    if (error == error_code(number, boost::system::system_category())) return true;
  }
  return false;
}

Dial want(const error_code& error) {
  return fail(Code::over_limit, "this gateway has no room for another connection: " + words(error));
}

Dial as_fault(const std::vector<RaceFailure>& failures) {
  for (const RaceFailure& failure : failures) {
    if (is_want(failure.error)) return want(failure.error);
  }
  std::string text;
  bool silent = false;
  bool denied = true;
  for (std::size_t i = 0; i < failures.size(); ++i) {
    silent = silent || failures[i].error == asio::error::timed_out;
    denied = denied && failures[i].denied;
    if (i >= kFailuresShown) continue;
    if (i > 0) text += ", ";
    text += words_of(failures[i]);
  }
  if (failures.size() > kFailuresShown) {
    text += " and " + std::to_string(failures.size() - kFailuresShown) + " more";
  }
  // A silent address is the news, even where another family has no route at all.
  if (silent) return fail(Code::upstream_timeout, std::move(text));
  return fail(denied ? Code::egress : Code::upstream_refused, std::move(text));
}

// What may be dialled; `passed_over` says which may not.
std::vector<Tcp::endpoint> permitted(const std::vector<Tcp::endpoint>& endpoints,
                                     const AddressFilter& denied, std::string& passed_over) {
  std::vector<Tcp::endpoint> good;
  for (const Tcp::endpoint& endpoint : endpoints) {
    if (!denied || !denied(endpoint)) {
      good.push_back(endpoint);
      continue;
    }
    if (!passed_over.empty()) passed_over += ", ";
    passed_over += endpoint.address().to_string();
  }
  return good;
}

}  // namespace

asio::awaitable<Dial> Dialer::dial(std::string host, std::uint16_t port, AddressFilter denied,
                                   SteadyClock::time_point deadline) {
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
    if (is_want(found.error)) co_return want(found.error);
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
  endpoints = interleave_families(endpoints);
  RaceResult result = co_await race_to_connect(std::move(endpoints), std::move(denied), deadline);
  if (!result.socket) co_return as_fault(result.failures);
  co_return make_plain_stream(std::move(*result.socket));
}

}  // namespace ssmgate::net
