// Why an upstream could not be reached or did not answer, as the client and the record are told.
#pragma once

#include <string>

#include "net/dialer.hpp"
#include "net/tls_stream.hpp"
#include "ssmgate/code.hpp"

namespace ssmgate::flow {

struct UpstreamFault {
  Code code = Code::upstream_closed;
  std::string detail;  // printable: which address, what went wrong
};

[[nodiscard]] UpstreamFault make_fault(Code code, std::string detail);
[[nodiscard]] UpstreamFault fault_of(net::DialFault fault);
// `expired`: its deadline ended it.
[[nodiscard]] UpstreamFault fault_of(net::HandshakeFault fault, bool expired);

}  // namespace ssmgate::flow
