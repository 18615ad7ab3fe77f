// However a ClientHello is split over reads, it is read alike; so is its message in other records.
#include <algorithm>

#include "fuzz/wire_property.hpp"
#include "wire/client_hello.hpp"

using namespace ssmgate;
using namespace ssmgate::wire;

namespace {

// What is in the records, in records of `size` bytes.
void check_other_records(std::string_view input, std::size_t size, const ClientHello& hello) {
  std::string content;
  while (input.size() > 5) {
    const std::size_t high = static_cast<unsigned char>(input[3]);
    const std::size_t length = (high << 8) | static_cast<unsigned char>(input[4]);
    content += input.substr(5, length);
    input.remove_prefix(std::min(input.size(), 5 + length));
  }
  if (content.size() > 4096) return;
  std::string records;
  for (std::size_t at = 0; at < content.size(); at += size) {
    const std::string fragment = content.substr(at, size);
    records += "\x16\x03\x01";
    records += '\0';
    records += static_cast<char>(fragment.size());
    records += fragment;
  }
  const HelloParse again = parse_client_hello(records);
  FUZZ_CHECK(std::holds_alternative<ClientHello>(again));
  FUZZ_CHECK(std::get<ClientHello>(again).server_name == hello.server_name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::view(data, size);
  const HelloParse whole = parse_client_hello(input);
  HelloScan scan;
  const HelloParse pieces = fuzz::in_pieces(
      input, 1 + size % 64, [&scan](std::string_view prefix) { return scan.advance(prefix); },
      [](const HelloParse& parse) { return !std::holds_alternative<NeedMore>(parse); });
  FUZZ_CHECK(whole.index() == pieces.index());

  if (const auto* fault = std::get_if<HelloFault>(&whole)) {
    FUZZ_CHECK(fault->kind == std::get<HelloFault>(pieces).kind);
    const bool tls = !input.empty() && input[0] == 0x16;
    FUZZ_CHECK(!tls || fault->kind != HelloFault::Kind::not_tls);
  }
  const auto* hello = std::get_if<ClientHello>(&whole);
  if (hello == nullptr) return 0;
  FUZZ_CHECK(hello->server_name == std::get<ClientHello>(pieces).server_name);
  if (!hello->server_name) return 0;
  FUZZ_CHECK(!hello->server_name->empty() && hello->server_name->size() <= 255);
  for (const char c : *hello->server_name) FUZZ_CHECK(c > 0x20 && c < 0x7f);
  check_other_records(input, 1 + size % 64, *hello);
  return 0;
}
