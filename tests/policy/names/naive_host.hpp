// A second reading of docs/policy.md, "Hosts", for differential tests: slow, on the C library and
// on text instead of bytes, and sharing no code with the first.
#pragma once

#include <arpa/inet.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace naive {

// All 128 bits as 32 hex digits; "" when the text is no IPv6 address.
inline std::string expand_v6(const std::string& text) {
  unsigned char bytes[16];
  if (text.find('\0') != std::string::npos) return "";
  if (inet_pton(AF_INET6, text.c_str(), bytes) != 1) return "";
  std::string hex;
  char two[3];
  for (const unsigned char byte : bytes) {
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(byte));
    hex += two;
  }
  return hex;
}

inline std::string quad_of_hex(const std::string& hex) {
  std::string quad;
  for (int i = 0; i < 4; ++i) {
    const auto byte =
        std::strtoul(hex.substr(static_cast<std::size_t>(2 * i), 2).c_str(), nullptr, 16);
    quad += (i > 0 ? "." : "") + std::to_string(byte);
  }
  return quad;
}

inline std::string canonical_v6(const std::string& text) {
  const std::string hex = expand_v6(text);
  if (hex.empty()) return "refused";
  const std::string head = hex.substr(0, 24);
  const std::string zeros(20, '0');
  if (head == "0000000000000000ffff0000") return "refused";
  if (hex.substr(0, 12) == "0064ff9b0001") return "refused";
  const std::string tail = hex.substr(24);
  if (head == zeros + "ffff" || head == "0064ff9b0000000000000000") return quad_of_hex(tail);
  if (head == zeros + "0000" && tail != "00000000" && tail != "00000001") return quad_of_hex(tail);
  unsigned char bytes[16];
  char out[64];
  inet_pton(AF_INET6, text.c_str(), bytes);
  return inet_ntop(AF_INET6, bytes, out, sizeof out);
}

inline bool looks_numeric(const std::string& label) {
  const bool hex = label.size() >= 2 && label[0] == '0' && label[1] == 'x';
  return label.find_first_not_of(hex ? "0123456789abcdef" : "0123456789", hex ? 2 : 0) ==
         std::string::npos;
}

inline std::string canonical_host(const std::string& text) {
  if (text.empty()) return "refused";
  if (text[0] == '[') {
    if (text.back() != ']') return "refused";
    return canonical_v6(text.substr(1, text.size() - 2));
  }
  if (text.find(':') != std::string::npos) return canonical_v6(text);
  unsigned char bytes[4];
  if (text.find('\0') == std::string::npos && inet_pton(AF_INET, text.c_str(), bytes) == 1)
    return text;
  std::string name;
  for (const char c : text) name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (name.back() == '.') name.pop_back();
  if (name.empty() || name.back() == '.' || name.size() > 253) return "refused";
  std::istringstream stream(name);
  std::string label, last;
  while (std::getline(stream, label, '.')) {
    if (label.empty() || label.size() > 63 || label[0] == '-' || label.back() == '-')
      return "refused";
    for (const char c : label) {
      if (std::string("abcdefghijklmnopqrstuvwxyz0123456789-_").find(c) == std::string::npos) {
        return "refused";
      }
    }
    last = label;
  }
  return looks_numeric(last) ? "refused" : name;
}

// `text` is canonical.
inline bool is_guarded(const std::string& text) {
  static const std::set<std::string> kNames{"localhost",
                                            "localhost.localdomain",
                                            "localhost4",
                                            "localhost4.localdomain4",
                                            "localhost6",
                                            "localhost6.localdomain6",
                                            "ip6-localhost",
                                            "ip6-loopback",
                                            "instance-data",
                                            "instance-data.ec2.internal",
                                            "::",
                                            "::1"};
  if (kNames.count(text) != 0) return true;
  const std::string dotted = ".localhost";
  if (text.size() > dotted.size() && text.substr(text.size() - dotted.size()) == dotted)
    return true;
  const std::string hex = text.find(':') == std::string::npos ? "" : expand_v6(text);
  if (!hex.empty()) {
    const std::string first = hex.substr(0, 3);
    return hex.substr(0, 8) == "fd000ec2" || first == "fe8" || first == "fe9" || first == "fea" ||
           first == "feb";
  }
  unsigned char bytes[4];
  if (inet_pton(AF_INET, text.c_str(), bytes) != 1) return false;
  return bytes[0] == 127 || bytes[0] == 0 || (bytes[0] == 169 && bytes[1] == 254);
}

}  // namespace naive
