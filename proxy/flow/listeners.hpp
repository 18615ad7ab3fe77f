// All listeners of a gateway, and how a reload changes them: the new ones are bound aside first, so
// that a port that is taken changes nothing.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "config/config.hpp"
#include "flow/admission.hpp"
#include "flow/event_loops.hpp"
#include "flow/gateway.hpp"
#include "flow/listener.hpp"

namespace ssmgate::flow {

// INVARIANT: changed by one thread at a time; `prepare` may run beside `close`, which change
// nothing.
class Listeners {
 public:
  explicit Listeners(EventLoops& loops) : loops_(loops) {}

  // What is to be listened on next. Dropping it closes what it bound.
  struct Plan {
    std::vector<ListenerPtr> all;    // in the configuration's order
    std::vector<ListenerPtr> added;  // bound, not yet accepting
    std::vector<ListenerPtr> removed;
  };
  // Binds what is new; a fault in words when that fails. Those that stay are not touched.
  // `inherited`: for each of `wanted` the socket that listens there already, or -1; empty: none.
  [[nodiscard]] std::variant<std::string, Plan> prepare(const std::vector<config::Listener>& wanted,
                                                        const std::vector<int>& inherited) const;
  // Puts it in force. A removed one accepts no more; who came by it is the admission's to end.
  void commit(Plan plan, Gateway& gateway);
  // Starts those that do not accept yet.
  void start(Gateway& gateway, Admission& admission);
  void close();

 private:
  EventLoops& loops_;
  std::vector<ListenerPtr> all_;
  std::vector<ListenerPtr> waiting_;  // bound, not yet accepting
};

}  // namespace ssmgate::flow
