// No Date field: it would need a clock, RFC 9110 §6.6.1 lets a server without one leave it out, and
// no AWS client reads it from an error but for clock-skew advice that only AWS's own can give.
#include "wire/refusal.hpp"

#include "wire/json.hpp"

namespace ssmgate::wire {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

std::string_view reason_phrase(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 407: return "Proxy Authentication Required";
    case 431: return "Request Header Fields Too Large";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    default: return "Error";
  }
}

// INVARIANT: nothing that is put into a field's value can end the line.
void append_field(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ");
  for (const char c : value) {
    if (c >= 0x20 && c <= 0x7e) out += c;
  }
  out += "\r\n";
}

}  // namespace

std::string render_refusal(const Refusal& refusal) {
  const std::string message = json_escape(refusal.message);
  std::string body = "{\"__type\":\"" + json_escape(refusal.type) + "\",\"message\":\"";
  body.append(message).append("\",\"Message\":\"").append(message).append("\"}");

  std::string out = "HTTP/1.1 " + std::to_string(refusal.status) + " ";
  out.append(reason_phrase(refusal.status)).append("\r\n");
  append_field("x-amzn-RequestId", refusal.request_id, out);
  append_field("Content-Type", "application/x-amz-json-1.1", out);
  append_field("Content-Length", std::to_string(body.size()), out);
  if (refusal.status == 407)
    append_field("Proxy-Authenticate", "Basic realm=\"ssmgate\", charset=\"UTF-8\"", out);
  if (refusal.close) append_field("Connection", "close", out);
  return out.append("\r\n").append(body);
}

std::string_view connect_established() noexcept {
  return "HTTP/1.1 200 Connection established\r\n\r\n";
}

std::string render_uuid(const unsigned char (&random)[16]) {
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    unsigned byte = random[i];
    if (i == 6) byte = (byte & 0x0fu) | 0x40u;  // version 4
    if (i == 8) byte = (byte & 0x3fu) | 0x80u;  // the variant of RFC 9562
    out += kHex[byte >> 4];
    out += kHex[byte & 0xf];
  }
  return out;
}

}  // namespace ssmgate::wire
