#include "flow/session_answer.hpp"

#include <array>

#include <zlib.h>
#include <boost/json.hpp>

#include "flow/session_id.hpp"
#include "ssmgate/names/host.hpp"

namespace ssmgate::flow {
namespace {

// wss://HOST[:PORT]/…; nothing for what has a user in it, or is no such address.
std::optional<std::string> find_channel_host(std::string_view url) {
  constexpr std::string_view kScheme = "wss://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  const std::size_t colon = authority.rfind(':');
  const bool bracketed = authority.ends_with(']');
  if (colon != std::string_view::npos && !bracketed) authority = authority.substr(0, colon);
  const auto host = parse_host(authority);
  if (!host) return std::nullopt;
  return host->text();
}

}  // namespace

std::optional<std::string> unpack_gzip(std::string_view packed, std::size_t limit) {
  z_stream stream{};
  // SOURCE: zlib's manual: 16 asks for a gzip header.
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return std::nullopt;
  std::string out(limit + 1, '\0');
  // zlib's input is not const where it is compiled without ZLIB_CONST; it is only read.
  std::string in(packed);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = inflate(&stream, Z_FINISH);
  const std::size_t size = stream.total_out;
  inflateEnd(&stream);
  if (ended != Z_STREAM_END || size > limit) return std::nullopt;
  out.resize(size);
  return out;
}

std::optional<SessionAnswer> read_session_answer(std::string_view body, std::string_view encoding) {
  std::string unpacked;
  if (encoding == "gzip") {
    auto plain = unpack_gzip(body, kMaxSessionBody);
    if (!plain) return std::nullopt;
    unpacked = std::move(*plain);
    body = unpacked;
  } else if (!encoding.empty() && encoding != "identity") {
    return std::nullopt;
  }
  if (body.size() > kMaxSessionBody) return std::nullopt;
  boost::system::error_code error;
  // An answer's few members need nothing of the heap.
  std::array<unsigned char, 4096> room;
  boost::json::monotonic_resource resource(room.data(), room.size());
  const auto value = boost::json::parse(body, error, &resource);
  if (error || !value.is_object()) return std::nullopt;
  SessionAnswer answer;
  answer.session_id = find_session_id(value.as_object());
  if (answer.session_id.empty()) return std::nullopt;
  const auto* url = value.as_object().if_contains("StreamUrl");
  if (url == nullptr || !url->is_string()) return std::nullopt;
  auto host = find_channel_host(url->as_string());
  if (!host) return std::nullopt;
  answer.channel_host = std::move(*host);
  return answer;
}

}  // namespace ssmgate::flow
