// Notices at once that the client has left while its request is with the upstream.
#pragma once

#include "flow/downstream.hpp"
#include "net/stream.hpp"

namespace ssmgate::flow {

// For as long as it lives, what the client sends is read into `downstream.ahead`: more requests, at
// most 64 KiB of them, or its end. An end in any form (close_notify, FIN, reset) closes `upstream`,
// so that whoever waits for it goes on. INVARIANT: nothing else is read from or written to the
// client meanwhile.
class ClientWatch {
 public:
  ClientWatch(Downstream& downstream, net::Stream& upstream);
  ~ClientWatch();
  ClientWatch(const ClientWatch&) = delete;
  ClientWatch& operator=(const ClientWatch&) = delete;
  [[nodiscard]] bool gone() const noexcept { return gone_; }

 private:
  void wait();
  void look();

  Downstream& downstream_;
  net::Stream& upstream_;
  bool gone_ = false;
};

}  // namespace ssmgate::flow
