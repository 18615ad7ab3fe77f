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
  fuzz::must(std::holds_alternative<RequestHead>(parse), "what goes upstream is sound");
  const RequestHead& again = std::get<RequestHead>(parse);
  fuzz::must(again.size == upstream.size(), "and one head");
  fuzz::must(again.method == head.method && again.target == head.target, "of the same request");
  fuzz::must(again.content_length == head.content_length, "with the same length");
  fuzz::must(!again.upgrade && again.keep_alive, "and nothing for this hop");
  std::size_t next = 0;
  for (const std::string_view line : again.lines) {
    while (next < head.lines.size() && head.lines[next] != line) ++next;
    fuzz::must(next++ < head.lines.size(), "each line as sent, in order");
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
  fuzz::must(whole.index() == pieces.index(), "the answer does not depend on the split");

  if (const auto* fault = std::get_if<FramingFault>(&whole)) {
    fuzz::must(fault->detail == std::get<FramingFault>(pieces).detail, "nor does the fault");
  }
  const auto* head = std::get_if<RequestHead>(&whole);
  if (head == nullptr) return 0;
  fuzz::must(head->fields.size() == head->lines.size(), "a line a field");
  check_upstream(*head);
  // Beast refuses lists in Connection and Proxy-Connection that are none; here they are refused
  // by the decision, or stay behind.
  if (head->upgrade || names(*head, "Proxy-Connection")) return 0;
  const std::string difference = beast_disagrees(*head, input);
  fuzz::must(difference.empty(), difference.c_str());
  return 0;
}
