// Who called, as a record of any event says it: by these names in a record, in what is known of a
// session, and in what is kept of a tunnel.
#pragma once

namespace ssmgate::flow {

template <class From, class To>
void copy_caller(const From& from, To& to) {
  to.listener = from.listener;
  to.client = from.client;
  to.user = from.user;
  to.auth = from.auth;
}

}  // namespace ssmgate::flow
