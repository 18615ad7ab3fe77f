// What is read as a name and a password can be said in one way alone, the way it came.
#include "fuzz/wire_property.hpp"
#include "ssmgate/rules/decide.hpp"
#include "wire/basic_credentials.hpp"
#include "wire/utf8.hpp"

using namespace ssmgate;
using namespace ssmgate::wire;

namespace {

std::string encode(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) {
      return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
    };
    const unsigned group = at(0) << 16U | at(1) << 8U | at(2);
    for (unsigned k = 0; k < 4; ++k) {
      text += i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63U];
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::view(data, size);
  const auto parsed = parse_basic_credentials(input);
  if (const auto* fault = std::get_if<CredentialsFault>(&parsed)) {
    FUZZ_CHECK(!fault->detail.empty());
    return 0;
  }
  const auto& credentials = std::get<BasicCredentials>(parsed);
  const std::string pair = credentials.name + ":" + credentials.password.text();
  FUZZ_CHECK(is_plain_text(pair) && pair.find('\0') == std::string::npos);
  FUZZ_CHECK(!credentials.name.empty() && credentials.name.size() <= kMaxUserName);
  FUZZ_CHECK(credentials.password.text().size() <= kMaxPassword);
  FUZZ_CHECK(input.ends_with(" " + encode(pair)));
  return 0;
}
