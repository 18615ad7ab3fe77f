#include "commands/doctor/reach.hpp"

#include <array>
#include <ctime>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "commands/doctor/surroundings.hpp"
#include "flow/gateway.hpp"
#include "flow/route.hpp"
#include "flow/upstream_pool.hpp"

namespace ssmgate::doctor {
namespace asio = boost::asio;
namespace {

// OpenSSL's question whether to believe a server. Takes note of what it showed.
int note_shown(X509_STORE_CTX* question, void* place) {
  auto& shown = *static_cast<Shown*>(place);
  shown.clear();
  const auto add = [&shown](X509* certificate) {
    X509_up_ref(certificate);
    shown.emplace_back(certificate);
  };
  X509* own = X509_STORE_CTX_get0_cert(question);
  add(own);
  const STACK_OF(X509)* all = X509_STORE_CTX_get0_untrusted(question);
  for (int i = 0; i < sk_X509_num(all); ++i) {
    X509* each = sk_X509_value(all, i);
    if (X509_cmp(each, own) != 0) add(each);
  }
  return 1;
}

// Reads to the end of the head, and no further than 8 KiB.
asio::awaitable<std::string> ask_for_head(net::Stream& stream, std::string host) {
  const std::string request = "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  const asio::const_buffer bytes(request.data(), request.size());
  const net::Transfer sent = co_await stream.write(bytes);
  std::string head;
  if (sent.error) co_return head;
  while (head.size() < 8192 && head.find("\r\n\r\n") == std::string::npos) {
    std::array<char, 2048> part;
    const asio::mutable_buffer space(part.data(), part.size());
    const net::Transfer got = co_await stream.read_some(space);
    if (got.error) break;
    head.append(part.data(), got.size);
  }
  co_return head;
}

asio::awaitable<void> open_and_close(flow::UpstreamPool& pool, flow::UpstreamHost host,
                                     std::shared_ptr<flow::Watchdog> watchdog,
                                     std::optional<std::chrono::milliseconds> patience,
                                     Meeting& meeting) {
  std::string name = host.name;
  auto taken = co_await pool.take(std::move(host), *watchdog);
  if (auto* found = std::get_if<flow::UpstreamFault>(&taken)) {
    meeting.fault = std::move(*found);
    watchdog->finish();
    co_return;
  }
  meeting.fault.reset();
  const net::StreamPtr stream = std::move(std::get<net::StreamPtr>(taken));
  if (patience) {
    const flow::Watchdog::Stage stage(*watchdog, *stream, *patience);
    const std::string head = co_await ask_for_head(*stream, std::move(name));
    meeting.date = find_date(head);
  }
  stream->close();
  watchdog->finish();
}

}  // namespace

tls::ContextPtr make_observing_context(Shown& shown) {
  tls::ContextPtr context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (context == nullptr) return context;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context.get(), &note_shown, &shown);
  return context;
}

std::optional<std::chrono::system_clock::time_point> find_date(std::string_view head) {
  constexpr std::string_view kName = "\r\ndate:";
  const std::size_t at = lower_case(head).find(kName);
  if (at == std::string::npos) return std::nullopt;
  const std::string value(head.substr(at + kName.size(), 40));
  std::tm parts{};
  if (::strptime(value.c_str(), " %a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) {
    return std::nullopt;
  }
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

Meeting shake_hands(const config::Upstream& upstream, std::optional<flow::ParentProxy> parent,
                    tls::ContextPtr context, const std::string& host, bool ask_date) {
  Meeting meeting;
  meeting.fault = flow::make_fault(Code::upstream_closed, "it could not be tried");
  net::Resolver resolver(1);
  asio::io_context io(1);
  const auto way = std::make_shared<flow::WayOut>(resolver, upstream, std::move(parent), nullptr);
  const auto denied = [](const asio::ip::tcp::endpoint& endpoint) {
    const IpAddress address = flow::to_ip_address(endpoint.address());
    return flow::is_denied_address(address, config::Egress(), true);
  };
  flow::UpstreamPool pool(way, std::move(context), denied);
  pool.retire();  // one connection, and no spare beside it
  const auto watchdog = std::make_shared<flow::Watchdog>(io.get_executor());
  std::optional<std::chrono::milliseconds> patience;
  if (ask_date) patience = upstream.connect_timeout;
  asio::co_spawn(io, open_and_close(pool, {host, 443}, watchdog, patience, meeting),
                 [&io](const std::exception_ptr&) { io.stop(); });
  io.run();
  return meeting;
}

}  // namespace ssmgate::doctor
