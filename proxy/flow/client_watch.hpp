// Notices at once that the client has left while its request is with the upstream.
#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "flow/downstream.hpp"
#include "net/stream.hpp"

namespace ssmgate::flow {

// For as long as it lives, what the client sends is read into `downstream.ahead`: more requests, at
// most 64 KiB of them, or its end. An end in any form (close_notify, FIN, reset) closes `upstream`,
// so that whoever waits for it goes on. INVARIANT: nothing else is read from or written to the
// client meanwhile.
class ClientWatch {
 public:
  ClientWatch(Downstream& downstream, net::Stream& upstream,
              const boost::asio::any_io_executor& executor);
  ~ClientWatch();
  ClientWatch(const ClientWatch&) = delete;
  ClientWatch& operator=(const ClientWatch&) = delete;
  [[nodiscard]] bool gone() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ssmgate::flow
