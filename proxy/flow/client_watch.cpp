#include "flow/client_watch.hpp"

#include <array>

#include <boost/asio/error.hpp>

namespace ssmgate::flow {
namespace {

// LIMIT: what a client may send ahead; then it is read no further, and its end is not seen.
constexpr std::size_t kMostAhead = 64 * 1024;

}  // namespace

ClientWatch::ClientWatch(Downstream& downstream, net::Stream& upstream)
    : downstream_(downstream), upstream_(upstream) {
  // What was sent ahead and lies in the stream already is read with the next request; an end behind
  // it is on the socket.
  wait();
}

ClientWatch::~ClientWatch() {
  downstream_.stream->cancel_wait();
}

void ClientWatch::wait() {
  downstream_.stream->when_readable([this](const net::error_code& error) {
    if (!error) look();
  });
}

void ClientWatch::look() {
  std::array<char, 4096> bytes;
  while (downstream_.ahead.size() < kMostAhead) {
    const boost::asio::mutable_buffer space(bytes.data(), bytes.size());
    const net::Transfer got = downstream_.stream->read_now(space);
    downstream_.ahead.append(bytes.data(), got.size);
    if (!got.error) continue;
    if (got.error == boost::asio::error::would_block) return wait();
    gone_ = true;
    upstream_.close();
    return;
  }
}

}  // namespace ssmgate::flow
