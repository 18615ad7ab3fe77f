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
// INVARIANT: `fields` and `lines` have the same size and order.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::vector<HttpField> fields;        // every field, in order
  std::vector<std::string_view> lines;  // of each field, as sent, CRLF included
  std::size_t size = 0;                 // bytes of the head, the empty line included
  std::uint64_t content_length = 0;
  bool expect_continue = false;  // `Expect: 100-continue`, and a body to wait for
  bool keep_alive = true;        // false: `Connection: close`
  bool upgrade = false;          // `Upgrade`, or a `Connection` naming more than hop-by-hop fields:
                                 // framed soundly, refused as request-line
};

// Ambiguous framing: answered 400 and closed, never relayed.
struct FramingFault {
  int status = 400;    // 431 for a head over kMaxHead
  std::string detail;  // one line, printable
};

using HeadParse = std::variant<NeedMore, FramingFault, RequestHead>;

// Parses the bytes read so far; on NeedMore the caller calls again with all the bytes and the same
// `scan`. The answer does not depend on how the bytes were split. A second `Host` is sound framing:
// it is for the decision to refuse.
[[nodiscard]] HeadParse parse_request_head(std::string_view bytes, HeadScan& scan);
[[nodiscard]] HeadParse parse_request_head(std::string_view bytes);

// The head as it goes upstream: the request line and every field's line as sent, byte for byte and
// in order, but for hop-by-hop and Proxy-* fields, and Expect. Appended to `out`.
void render_upstream_head(const RequestHead& head, std::string& out);

}  // namespace ssmgate::wire
