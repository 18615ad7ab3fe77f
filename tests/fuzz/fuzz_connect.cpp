// However a CONNECT is split, it is read alike; what is accepted can be said again in one way.
#include "fuzz/wire_property.hpp"
#include "wire/connect.hpp"

using namespace ssmgate;
using namespace ssmgate::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::view(data, size);
  const ConnectParse whole = parse_connect(input);
  HeadScan scan;
  const ConnectParse pieces = fuzz::in_pieces(
      input, 1 + size % 64, [&](std::string_view prefix) { return parse_connect(prefix, scan); },
      [](const ConnectParse& parse) { return !std::holds_alternative<NeedMore>(parse); });
  fuzz::must(whole.index() == pieces.index(), "the answer does not depend on the split");

  if (const auto* fault = std::get_if<ConnectFault>(&whole)) {
    fuzz::must(fault->kind == std::get<ConnectFault>(pieces).kind, "nor does the fault");
    fuzz::must(!fault->detail.empty() && fault->detail.size() < 512, "a detail of one line");
    for (const char c : fault->detail) fuzz::must(c >= 0x20 && c <= 0x7e, "printable");
  }
  if (const auto* request = std::get_if<ConnectRequest>(&whole)) {
    fuzz::must(request->port != 0 && request->consumed <= input.size(), "a port and a size");
    const std::string name = request->host.text();
    const bool v6 = name.find(':') != std::string::npos;
    const std::string again = "CONNECT " + (v6 ? "[" + name + "]" : name) + ":" +
                              std::to_string(request->port) + " HTTP/1.0\r\n\r\n";
    const ConnectParse reparsed = parse_connect(again);
    fuzz::must(std::holds_alternative<ConnectRequest>(reparsed), "canonical is accepted");
    fuzz::must(std::get<ConnectRequest>(reparsed).host == request->host, "and is the same host");
  }
  return 0;
}
