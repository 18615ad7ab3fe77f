// The rules that make a head mean one thing to every reader: HeadScan's, and those of the lengths.
#include "wire/request_head.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace ssmgate::wire {
namespace {

// LIMIT: ten digits, 9.3 GiB: no reader's integer overflows, and no body here comes near it.
constexpr std::size_t kMaxLengthDigits = 10;

std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty() || text.size() > kMaxLengthDigits) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// SOURCE: RFC 9110 §7.6.1; Transfer-Encoding is refused before it comes to this.
bool is_hop_by_hop(std::string_view name) {
  constexpr std::string_view kProxy = "Proxy-";
  if (name.size() >= kProxy.size() && iequals(name.substr(0, kProxy.size()), kProxy)) return true;
  return iequals(name, "Connection") || iequals(name, "Keep-Alive") || iequals(name, "TE") ||
         iequals(name, "Trailer") || iequals(name, "Upgrade");
}

// Expect has been answered, and the body goes along: a server that answers it finally without
// reading the body would take that for the next request of whoever has the connection then.
bool stays_here(std::string_view name) {
  return is_hop_by_hop(name) || iequals(name, "Expect");
}

// One element of Connection's list.
void read_connection_option(std::string_view option, RequestHead& head) {
  if (option.empty()) return;
  if (!std::all_of(option.begin(), option.end(),
                   [](char c) { return is_token_char(static_cast<unsigned char>(c)); })) {
    head.upgrade = true;
  } else if (iequals(option, "close")) {
    head.keep_alive = false;
  } else if (iequals(option, "upgrade")) {
    head.upgrade = true;
  } else if (!iequals(option, "keep-alive") && !is_hop_by_hop(option)) {
    head.upgrade = true;
  }
}

void read_connection(std::string_view value, RequestHead& head) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (true) {
    const std::size_t comma = value.find(',');
    std::string_view option = value.substr(0, comma);
    while (!option.empty() && blank(option.front())) option.remove_prefix(1);
    while (!option.empty() && blank(option.back())) option.remove_suffix(1);
    read_connection_option(option, head);
    if (comma == std::string_view::npos) return;
    value.remove_prefix(comma + 1);
  }
}

FramingFault fault(std::string detail) {
  return FramingFault{400, std::move(detail)};
}

// A length under another spelling is one for some reader behind us, and none for others.
std::optional<FramingFault> read_length(const HttpField& field,
                                        std::optional<std::uint64_t>& length) {
  if (!iequals(field.name, "Content-Length")) {
    return fault(quoted(field.name) + " may be taken for a Content-Length");
  }
  if (length) return fault("two Content-Length fields: send one");
  length = parse_length(field.value);
  if (!length) return fault("a Content-Length that is not 1 to 10 digits");
  return std::nullopt;
}

std::optional<FramingFault> read_fields(RequestHead& head) {
  std::optional<std::uint64_t> length;
  bool expect = false;
  for (const HttpField& field : head.fields) {
    if (spells(field.name, kTransferEncoding)) {
      return fault(quoted(field.name) + " on a request: send a Content-Length instead");
    }
    if (spells(field.name, kContentLength)) {
      if (auto refused = read_length(field, length)) return refused;
    } else if (iequals(field.name, "Connection")) {
      read_connection(field.value, head);
    } else if (iequals(field.name, "Upgrade")) {
      head.upgrade = true;
    } else if (iequals(field.name, "Expect")) {
      // A client that waits for something else would wait for ever. 400 and not 417, because the
      // framing may hang on it and the connection is to be closed.
      if (!iequals(field.value, "100-continue")) {
        return fault("an Expect other than `100-continue`");
      }
      expect = true;
    }
  }
  head.content_length = length.value_or(0);
  head.expect_continue = expect && head.content_length > 0;
  return std::nullopt;
}

}  // namespace

HeadParse parse_request_head(std::string_view bytes) {
  HeadScan scan;
  return parse_request_head(bytes, scan);
}

HeadParse parse_request_head(std::string_view bytes, HeadScan& scan) {
  const HeadScan::Step step = scan.advance(bytes);
  // INVARIANT: what the request line decides is answered before what stands behind it, so that the
  // answer is the same whether that has arrived or not.
  if (scan.start_line() != 0 && bytes[scan.start_line() - 3] != '1') {
    return fault("HTTP/1.0: only HTTP/1.1 is spoken to this host");
  }
  switch (step) {
    case HeadScan::Step::need_more: return NeedMore{};
    case HeadScan::Step::too_large: return FramingFault{431, scan.fault()};
    case HeadScan::Step::fault: return fault(scan.fault());
    case HeadScan::Step::end: break;
  }
  SplitHead split = split_head(bytes.substr(0, scan.size()));
  RequestHead head;
  head.method = split.method;
  head.target = split.target;
  head.fields = std::move(split.fields);
  head.lines = std::move(split.lines);
  head.size = scan.size();
  if (auto refused = read_fields(head)) return *refused;
  return head;
}

void render_upstream_head(const RequestHead& head, std::string& out) {
  out.reserve(out.size() + head.size);
  out.append(head.method).append(" ").append(head.target).append(" HTTP/1.1\r\n");
  for (std::size_t at = 0; at < head.fields.size(); ++at) {
    if (stays_here(head.fields[at].name)) continue;
    out.append(head.lines[at]);
  }
  out.append("\r\n");
}

}  // namespace ssmgate::wire
