#include "flow/upstream_fault.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

namespace ssmgate::flow {
namespace {

bool is_closed(const net::error_code& error) {
  return error == boost::asio::error::eof || error == boost::asio::error::connection_reset ||
         error == boost::asio::error::broken_pipe ||
         error == boost::asio::ssl::error::stream_truncated;
}

}  // namespace

UpstreamFault make_fault(Code code, std::string detail) {
  UpstreamFault fault;
  fault.code = code;
  fault.detail = std::move(detail);
  return fault;
}

UpstreamFault fault_of(net::DialFault fault) {
  return make_fault(fault.code, std::move(fault.detail));
}

UpstreamFault fault_of(net::HandshakeFault fault, bool expired) {
  if (expired) return make_fault(Code::upstream_timeout, "the TLS handshake took too long");
  if (fault.certificate) return make_fault(Code::upstream_certificate, std::move(fault.detail));
  if (is_closed(fault.error)) return make_fault(Code::upstream_closed, std::move(fault.detail));
  return make_fault(Code::upstream_protocol, std::move(fault.detail));
}

}  // namespace ssmgate::flow
