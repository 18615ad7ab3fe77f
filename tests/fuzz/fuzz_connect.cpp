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
  FUZZ_CHECK(whole.index() == pieces.index());

  if (const auto* fault = std::get_if<ConnectFault>(&whole)) {
    FUZZ_CHECK(fault->kind == std::get<ConnectFault>(pieces).kind);
    FUZZ_CHECK(!fault->detail.empty() && fault->detail.size() < 512);
    for (const char c : fault->detail) FUZZ_CHECK(c >= 0x20 && c <= 0x7e);
  }
  if (const auto* request = std::get_if<ConnectRequest>(&whole)) {
    FUZZ_CHECK(request->port != 0 && request->consumed <= input.size());
    const std::string name = request->host.text();
    const bool v6 = name.find(':') != std::string::npos;
    const std::string again = "CONNECT " + (v6 ? "[" + name + "]" : name) + ":" +
                              std::to_string(request->port) + " HTTP/1.0\r\n\r\n";
    const ConnectParse reparsed = parse_connect(again);
    FUZZ_CHECK(std::holds_alternative<ConnectRequest>(reparsed));
    FUZZ_CHECK(std::get<ConnectRequest>(reparsed).host == request->host);
  }
  return 0;
}
