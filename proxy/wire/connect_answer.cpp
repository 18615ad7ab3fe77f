#include "wire/connect_answer.hpp"

#include <algorithm>

namespace ssmgate::wire {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Where the head that begins at `from` ends, behind its blank line; npos: not yet.
std::size_t find_head_end(std::string_view bytes, std::size_t from) {
  for (std::size_t at = bytes.find('\n', from); at != std::string_view::npos;
       at = bytes.find('\n', at + 1)) {
    const std::string_view rest = bytes.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return std::string_view::npos;
}

// The status of "HTTP/1.x NNN …"; 0 for anything else.
int read_status(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\n'));
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || !is_digit(line[7]) || line[8] != ' ') {
    return 0;
  }
  const std::string_view digits = line.substr(9, 3);
  const bool ended = line.size() == 12 || line[12] == ' ' || line[12] == '\r';
  if (!ended || !std::ranges::all_of(digits, is_digit)) return 0;
  return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
}

// True when what has come so far can still become a status line: whoever is no HTTP proxy at all
// is told so at once, not when the deadline has passed.
bool may_be_http(std::string_view bytes) {
  constexpr std::string_view kStart = "HTTP/1.";
  return bytes.substr(0, kStart.size()) == kStart.substr(0, bytes.size());
}

}  // namespace

std::variant<NeedMore, ConnectAnswerFault, ConnectAnswer> parse_connect_answer(
    std::string_view bytes) {
  std::size_t begin = 0;
  for (;;) {
    if (!may_be_http(bytes.substr(begin)))
      return ConnectAnswerFault{"it does not answer in HTTP/1"};
    const std::size_t end = find_head_end(bytes, begin);
    if (std::min(end, bytes.size()) > kMaxConnectAnswer) {
      return ConnectAnswerFault{"its answer to CONNECT is over 16 KiB"};
    }
    if (end == std::string_view::npos) return NeedMore{};
    const int status = read_status(bytes.substr(begin, end - begin));
    if (status < 100 || status > 599 || status == 101) {
      return ConnectAnswerFault{"its answer to CONNECT cannot be read"};
    }
    if (status >= 200) return ConnectAnswer{status, end};
    begin = end;
  }
}

std::string render_connect(std::string_view authority, std::string_view credentials) {
  std::string text = "CONNECT ";
  text.append(authority).append(" HTTP/1.1\r\nHost: ").append(authority).append("\r\n");
  if (!credentials.empty()) text.append("Proxy-Authorization: ").append(credentials).append("\r\n");
  return text + "\r\n";
}

std::string render_basic(std::string_view user, std::string_view password) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string plain(user);
  plain.append(":").append(password);
  std::string text = "Basic ";
  for (std::size_t i = 0; i < plain.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < plain.size() ? static_cast<unsigned>(static_cast<unsigned char>(plain[at])) : 0U;
    };
    const unsigned group = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    text += kAlphabet[group >> 18U & 63U];
    text += kAlphabet[group >> 12U & 63U];
    text += i + 1 < plain.size() ? kAlphabet[group >> 6U & 63U] : '=';
    text += i + 2 < plain.size() ? kAlphabet[group & 63U] : '=';
  }
  return text;
}

}  // namespace ssmgate::wire
