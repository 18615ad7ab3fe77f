// The framing rules for a request on an intercepted connection: stricter than any HTTP library's,
// so that no two readers can disagree on where a request ends or what its fields are.
//
// Owns: head grammar, lengths, hop-by-hop fields. Does not own: what the request means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ssmgate/request/http_request.hpp"
#include "wire/connect.hpp"

namespace ssmgate::wire {

// Views into the bytes that were parsed.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::vector<HttpField> fields;  // every field, in order
  std::size_t size = 0;           // bytes of the head, the empty line included
  std::uint64_t content_length = 0;
  bool expect_continue = false;
  bool keep_alive = true;  // false: `Connection: close`
  bool upgrade = false;    // `Upgrade`, or a `Connection` naming more than hop-by-hop fields:
                           // framed soundly, refused as request-line
};

// Ambiguous framing: answered 400 and closed, never relayed.
struct FramingFault {
  int status = 400;    // 431 for a head over kMaxHead
  std::string detail;  // one line, printable
};

using HeadParse = std::variant<NeedMore, FramingFault, RequestHead>;

[[nodiscard]] HeadParse parse_request_head(std::string_view bytes);

// The head as it goes upstream: every field as sent, in order, but for hop-by-hop and Proxy-*
// fields. Appended to `out`.
void render_upstream_head(const RequestHead& head, std::string& out);

}  // namespace ssmgate::wire
