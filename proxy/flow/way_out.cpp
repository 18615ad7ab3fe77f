#include "flow/way_out.hpp"

#include <array>

#include <boost/asio/error.hpp>

#include "flow/gateway.hpp"
#include "flow/route.hpp"
#include "tls/file.hpp"
#include "tls/key_pair.hpp"
#include "tls/upstream_context.hpp"
#include "wire/connect_answer.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

constexpr std::string_view kElsewhere =
    ": its own listener, or a service that hands out credentials; name another in `upstream.proxy`";

net::DialOptions dial_options(const config::Upstream& upstream) {
  net::DialOptions options;
  options.connect_timeout = upstream.connect_timeout;
  for (const auto& [name, address] : upstream.resolve) {
    options.resolve.emplace(
        name, asio::ip::tcp::endpoint(to_asio_address(address.address), address.port));
  }
  return options;
}

std::string render_authority(const Host& host, std::uint16_t port) {
  const std::string text = host.text();
  const bool v6 = host.is_address() && !host.address().is_v4();
  return (v6 ? "[" + text + "]" : text) + ":" + std::to_string(port);
}

// A proxy may well be at a private address, or on this machine; but who asks itself goes on asking.
net::AddressFilter parent_filter(const net::AddressFilter& own) {
  return [own](const asio::ip::tcp::endpoint& endpoint) {
    return is_denied_address(to_ip_address(endpoint.address()), config::Egress(), true) ||
           (own && own(endpoint));
  };
}

// What a parent's refusal means, in the words of whoever can mend it.
UpstreamFault refusal_of(int status, const std::string& authority) {
  const std::string said = " (it answered " + std::to_string(status) + ")";
  switch (status) {
    case 407:
      return make_fault(Code::upstream_refused,
                        "it does not accept who we are; look at the user, the password or the "
                        "certificate in `upstream.proxy`" +
                            said);
    case 502:
    case 503: return make_fault(Code::upstream_refused, "it cannot reach " + authority + said);
    case 504:
      return make_fault(Code::upstream_timeout, "it had no answer from " + authority + said);
    default:
      return make_fault(Code::upstream_refused,
                        "it does not let CONNECT to " + authority + " through" + said);
  }
}

// The exchange before the tunnel through the parent is open.
class ConnectExchange {
 public:
  ConnectExchange(net::Stream& stream, Deadline deadline, Watchdog& watchdog)
      : stream_(stream), deadline_(deadline), watchdog_(watchdog) {}

  // Nothing, or why it is not open.
  asio::awaitable<std::optional<UpstreamFault>> run(std::string authority,
                                                    std::string credentials) {
    const std::string request = wire::render_connect(authority, credentials);
    const asio::const_buffer bytes(request.data(), request.size());
    const Watchdog::Stage stage(watchdog_, stream_, deadline_.left());
    const net::Transfer sent = co_await stream_.write(bytes);
    if (sent.error) co_return trouble(stage.expired());
    for (;;) {
      std::array<char, 4096> part;
      const asio::mutable_buffer space(part.data(), part.size());
      const net::Transfer got = co_await stream_.read_some(space);
      if (got.error) co_return trouble(stage.expired());
      early.append(part.data(), got.size);
      const auto answer = wire::parse_connect_answer(early);
      if (std::holds_alternative<wire::NeedMore>(answer)) continue;
      if (const auto* fault = std::get_if<wire::ConnectAnswerFault>(&answer)) {
        co_return make_fault(Code::upstream_protocol, fault->detail);
      }
      const auto& [status, size] = std::get<wire::ConnectAnswer>(answer);
      early.erase(0, size);
      if (status >= 300) co_return refusal_of(status, authority);
      co_return std::nullopt;
    }
  }

  std::string early;  // behind the answer: the tunnel's

 private:
  static UpstreamFault trouble(bool expired) {
    if (expired) return make_fault(Code::upstream_timeout, "it did not answer CONNECT in time");
    return make_fault(Code::upstream_closed,
                      "it closed the connection instead of answering CONNECT");
  }

  net::Stream& stream_;
  const Deadline deadline_;
  Watchdog& watchdog_;
};

void prepare_tls(const config::ParentProxy& proxy, const std::filesystem::path& ca_file,
                 ParentProxy& parent, std::vector<std::string>& faults) {
  auto context = proxy.ca_file
                     ? tls::make_upstream_context(*proxy.ca_file, "upstream.proxy.ca_file")
                     : tls::make_upstream_context(ca_file);
  if (auto* fault = std::get_if<tls::AuthorityFault>(&context)) {
    faults.push_back(std::move(fault->text));
  } else {
    parent.context = std::get<tls::ContextPtr>(std::move(context));
  }
  if (!proxy.certificate) return;
  auto pair = tls::load_key_pair(*proxy.certificate, *proxy.key, std::chrono::system_clock::now());
  if (auto* fault = std::get_if<tls::AuthorityFault>(&pair)) {
    faults.push_back(std::move(fault->text));
  } else if (parent.context != nullptr &&
             !tls::use_key_pair(parent.context.get(), std::get<tls::KeyPair>(pair))) {
    faults.push_back(tls::quoted(*proxy.certificate) + " cannot be used: " + tls::take_errors());
  }
}

}  // namespace

std::variant<std::vector<std::string>, ParentProxy> prepare_parent(
    const config::ParentProxy& proxy, const std::filesystem::path& ca_file) {
  ParentProxy parent;
  std::vector<std::string> faults;
  parent.host = proxy.host;
  parent.port = proxy.port;
  const auto host = parse_host(proxy.host);
  parent.label = "the proxy `" + std::string(proxy.tls ? "https://" : "http://") +
                 render_authority(*host, proxy.port) + "`";
  std::string password = proxy.password;
  if (proxy.password_file) {
    auto text = tls::read_file(*proxy.password_file, tls::Privacy::owner_only);
    if (auto* fault = std::get_if<tls::AuthorityFault>(&text)) {
      faults.push_back(std::move(fault->text));
    } else {
      password = std::get<std::string>(std::move(text));
    }
    // A text editor ends the line; a password does not.
    while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
  }
  if (proxy.username) parent.credentials = wire::render_basic(*proxy.username, password);
  if (proxy.tls) prepare_tls(proxy, ca_file, parent, faults);
  if (!faults.empty()) return faults;
  return parent;
}

WayOut::WayOut(net::Resolver& resolver, const config::Upstream& settings,
               std::optional<ParentProxy> parent, net::AddressFilter own)
    : dialer_(resolver, dial_options(settings)),
      direct_(settings.no_proxy),
      parent_(std::move(parent)),
      own_(std::move(own)) {}

bool WayOut::goes_through_parent(const Host& host, std::uint16_t port) const {
  return parent_ && !config::bypasses_proxy(direct_, host, port);
}

UpstreamFault WayOut::of_parent(UpstreamFault fault) const {
  fault.detail = parent_->label + ": " + fault.detail;
  return fault;
}

asio::awaitable<WayOut::Result> WayOut::open(Host host, std::uint16_t port,
                                             net::AddressFilter denied, Deadline deadline,
                                             Watchdog& watchdog) {
  if (!goes_through_parent(host, port)) {
    return dial_host(host.text(), port, std::move(denied), deadline);
  }
  const bool refused = host.is_address() ? denied && denied({to_asio_address(host.address()), port})
                                         : is_guarded_host(host);
  if (refused) return refuse_to_ask(host.text());
  return ask_parent(render_authority(host, port), deadline, watchdog);
}

asio::awaitable<WayOut::Result> WayOut::dial_host(std::string name, std::uint16_t port,
                                                  net::AddressFilter denied, Deadline deadline) {
  auto dial = co_await dialer_.dial(std::move(name), port, std::move(denied), deadline.at());
  if (auto* fault = std::get_if<net::DialFault>(&dial)) co_return fault_of(std::move(*fault));
  Opened opened;
  opened.stream = std::move(std::get<net::StreamPtr>(dial));
  co_return Result(std::move(opened));
}

asio::awaitable<WayOut::Result> WayOut::refuse_to_ask(std::string name) {
  co_return make_fault(Code::egress, "`" + name +
                                         "` is where this gateway may not connect to, nor ask a "
                                         "proxy to");
}

asio::awaitable<WayOut::Result> WayOut::ask_parent(std::string authority, Deadline deadline,
                                                   Watchdog& watchdog) {
  auto reached = co_await reach_parent(deadline, watchdog);
  if (auto* fault = std::get_if<UpstreamFault>(&reached)) co_return of_parent(std::move(*fault));
  Opened opened;
  opened.stream = std::move(std::get<net::StreamPtr>(reached));
  const Watchdog::Attachment attachment(watchdog, *opened.stream);
  ConnectExchange exchange(*opened.stream, deadline, watchdog);
  std::string credentials = parent_->credentials;
  auto fault = co_await exchange.run(std::move(authority), std::move(credentials));
  if (fault) {
    opened.stream->close();
    co_return of_parent(std::move(*fault));
  }
  opened.early = std::move(exchange.early);
  co_return Result(std::move(opened));
}

asio::awaitable<std::variant<UpstreamFault, net::StreamPtr>> WayOut::reach_parent(
    Deadline deadline, Watchdog& watchdog) {
  using Reached = std::variant<UpstreamFault, net::StreamPtr>;
  std::string name = parent_->host;
  net::AddressFilter denied = parent_filter(own_);
  auto dial =
      co_await dialer_.dial(std::move(name), parent_->port, std::move(denied), deadline.at());
  if (auto* fault = std::get_if<net::DialFault>(&dial)) {
    if (fault->code == Code::egress) fault->detail += kElsewhere;
    co_return fault_of(std::move(*fault));
  }
  net::StreamPtr plain = std::move(std::get<net::StreamPtr>(dial));
  if (parent_->context == nullptr) co_return Reached(std::move(plain));
  const Watchdog::Attachment attachment(watchdog, *plain);
  const Watchdog::Stage stage(watchdog, *plain, deadline.left());
  std::string host = parent_->host;
  auto handshake = co_await net::connect_tls(plain, parent_->context, std::move(host));
  if (auto* fault = std::get_if<net::HandshakeFault>(&handshake)) {
    co_return fault_of(std::move(*fault), stage.expired());
  }
  co_return Reached(std::move(std::get<net::StreamPtr>(handshake)));
}

}  // namespace ssmgate::flow
