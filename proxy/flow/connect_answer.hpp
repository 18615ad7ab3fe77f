// What a CONNECT that is refused is answered: plain HTTP, with the same body as a refusal inside
// the TLS, and then the connection is over.
#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>

#include "flow/downstream.hpp"
#include "flow/route.hpp"
#include "wire/connect.hpp"

namespace ssmgate::flow {

// Of one that cannot be understood; records it. TLS where plain HTTP is spoken is hung up on.
[[nodiscard]] boost::asio::awaitable<void> answer_fault(Downstream& downstream,
                                                        const wire::ConnectFault& fault);

// Of one that was recorded as `request_id`. `status`: 403, or 407 where a password would help.
[[nodiscard]] boost::asio::awaitable<void> answer_refused(Downstream& downstream,
                                                          const Route& route, int status,
                                                          std::string request_id);

}  // namespace ssmgate::flow
