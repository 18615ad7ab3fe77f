// What all sinks share: the line, its place in the chain, and how its bytes go out.
#include "state/audit_sink.hpp"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace ssmgate::state {

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  hex.reserve(std::size_t{size} * 2);
  for (unsigned int i = 0; i < size; ++i) {
    hex += kHex[digest[i] >> 4U];
    hex += kHex[digest[i] & 15U];
  }
  return hex;
}

std::string chained_line(std::string_view fields, const ChainEnd& end) {
  std::string line;
  line.reserve(fields.size() + 128);
  line += '{';
  line += fields;
  line += ",\"seq\":";
  line += std::to_string(end.seq + 1);
  if (!end.hash.empty()) {
    line += ",\"prev\":\"";
    line += end.hash;
    line += '"';
  }
  line += "}\n";
  return line;
}

ChainEnd advanced(const ChainEnd& end, std::string_view line) {
  return ChainEnd{end.seq + 1, sha256_hex(line.substr(0, line.size() - 1)), false};
}

bool write_all(int fd, std::string_view bytes, std::size_t& written) {
  written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = EIO;
    if (count <= 0) return false;
    written += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace ssmgate::state
