// A head is read alike however it is split; what is accepted Beast reads alike, and what goes
// upstream is read as the same head without its hop-by-hop fields.
#include "fuzz/wire_property.hpp"
#include "proxy/wire/beast_reader.hpp"
#include "wire/request_head.hpp"

using namespace ssmgate;
using namespace ssmgate::wire;

namespace {

bool names(const RequestHead& head, std::string_view name) {
  for (const HttpField& field : head.fields) {
    if (iequals(field.name, name)) return true;
  }
  return false;
}

void check_upstream(const RequestHead& head) {
  std::string upstream;
  render_upstream_head(head, upstream);
  const HeadParse parse = parse_request_head(upstream);
  FUZZ_CHECK(std::holds_alternative<RequestHead>(parse));
  const RequestHead& again = std::get<RequestHead>(parse);
  FUZZ_CHECK(again.size == upstream.size());
  FUZZ_CHECK(again.method == head.method && again.target == head.target);
  FUZZ_CHECK(again.content_length == head.content_length);
  FUZZ_CHECK(!again.upgrade && again.keep_alive);
  std::size_t next = 0;
  for (const std::string_view line : again.lines) {
    while (next < head.lines.size() && head.lines[next] != line) ++next;
    FUZZ_CHECK(next++ < head.lines.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::view(data, size);
  const HeadParse whole = parse_request_head(input);
  HeadScan scan;
  const HeadParse pieces = fuzz::in_pieces(
      input, 1 + size % 64,
      [&](std::string_view prefix) { return parse_request_head(prefix, scan); },
      [](const HeadParse& parse) { return !std::holds_alternative<NeedMore>(parse); });
  FUZZ_CHECK(whole.index() == pieces.index());

  if (const auto* fault = std::get_if<FramingFault>(&whole)) {
    FUZZ_CHECK(fault->detail == std::get<FramingFault>(pieces).detail);
  }
  const auto* head = std::get_if<RequestHead>(&whole);
  if (head == nullptr) return 0;
  FUZZ_CHECK(head->fields.size() == head->lines.size());
  check_upstream(*head);
  // Beast refuses lists in Connection and Proxy-Connection that are none; here they are refused
  // by the decision, or stay behind.
  if (head->upgrade || names(*head, "Proxy-Connection")) return 0;
  const std::string difference = beast_disagrees(*head, input);
  FUZZ_CHECK(difference.empty());
  return 0;
}
