// Rings a doorbell when an event loop has run what was ready, once for all who asked meanwhile.
//
// Waking a thread costs more than what it then does for one request: those that one look at the
// sockets brought are written together.
#pragma once

#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include "state/doorbell.hpp"

namespace ssmgate::state {

class TurnEnd : public boost::asio::execution_context::service {
 public:
  using key_type = TurnEnd;
  inline static boost::asio::execution_context::id id;

  explicit TurnEnd(boost::asio::execution_context& context)
      : boost::asio::execution_context::service(context) {}

  // Of the event loop that `executor` belongs to, and by its thread.
  static void ring(const boost::asio::any_io_executor& executor,
                   const std::shared_ptr<Doorbell>& bell);

 private:
  void shutdown() override { bells_.clear(); }

  std::vector<std::shared_ptr<Doorbell>> bells_;
};

}  // namespace ssmgate::state
