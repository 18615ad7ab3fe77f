// Records first, then the one message in them. What a lenient server might still take for a
// ClientHello is never `not_tls`: that answer lets a tunnel through unread.
#include "wire/client_hello.hpp"

#include <algorithm>
#include <utility>

namespace ssmgate::wire {
namespace {

using HelloKind = HelloFault::Kind;

constexpr unsigned char kHandshake = 22;
constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMaxFragment = 1 << 14;  // RFC 8446 §5.1
constexpr unsigned char kClientHello = 1;
constexpr std::size_t kMessageHeader = 4;
constexpr std::size_t kServerName = 0;     // extension type
constexpr std::size_t kMaxNameSize = 255;  // OpenSSL's TLSEXT_MAXLEN_host_name

HelloFault unreadable(std::string detail) {
  return {HelloKind::unreadable, std::move(detail)};
}

// Big-endian numbers and counted vectors; `ok` falls for good at the first lack of bytes.
struct Cursor {
  std::string_view rest;
  bool ok = true;

  std::string_view take(std::size_t size) {
    if (size > rest.size()) {
      ok = false;
      rest = {};
      return {};
    }
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
  std::size_t number(std::size_t size) {
    std::size_t value = 0;
    for (const char c : take(size)) value = (value << 8) | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view vector(std::size_t length_size) { return take(number(length_size)); }
};

// SOURCE: RFC 6066 §3. Exactly one entry, a host_name.
std::optional<HelloFault> read_server_name(std::string_view data, ClientHello& hello) {
  Cursor extension{data};
  Cursor list{extension.vector(2)};
  const std::size_t type = list.number(1);
  const std::string_view name = list.vector(2);
  if (!extension.ok || !list.ok || !extension.rest.empty()) {
    return unreadable("a server_name extension whose lengths do not add up");
  }
  if (!list.rest.empty() || hello.server_name) {
    return HelloFault{HelloKind::two_names, "more than one server name in a ClientHello"};
  }
  if (type != 0) return unreadable("a server name that is no host name");
  if (name.empty() || name.size() > kMaxNameSize) {
    return unreadable("a server name that is empty or over 255 bytes");
  }
  if (!std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7f; })) {
    return unreadable("a server name that is not printable ASCII");
  }
  hello.server_name.emplace(name);
  return std::nullopt;
}

std::optional<HelloFault> read_extensions(std::string_view block, ClientHello& hello) {
  Cursor cursor{block};
  while (!cursor.rest.empty()) {
    const std::size_t type = cursor.number(2);
    const std::string_view data = cursor.vector(2);
    if (!cursor.ok) return unreadable("extensions whose lengths do not add up");
    if (type != kServerName) continue;
    if (hello.server_name) {
      return HelloFault{HelloKind::two_names, "two server_name extensions in a ClientHello"};
    }
    if (auto fault = read_server_name(data, hello)) return fault;
  }
  return std::nullopt;
}

// SOURCE: RFC 8446 §4.1.2; RFC 5246 §7.4.1.2 for a hello without extensions.
HelloParse read_message(std::string_view body) {
  Cursor cursor{body};
  const std::size_t version = cursor.number(2);
  (void)cursor.take(32);  // random
  const std::string_view session_id = cursor.vector(1);
  const std::string_view suites = cursor.vector(2);
  const std::string_view compression = cursor.vector(1);
  if (!cursor.ok || session_id.size() > 32 || suites.empty() || suites.size() % 2 != 0 ||
      compression.empty()) {
    return unreadable("a ClientHello whose lengths do not add up");
  }
  if (version >> 8 != 3) return unreadable("a ClientHello of an unknown version");
  ClientHello hello;
  if (cursor.rest.empty()) return hello;
  const std::string_view extensions = cursor.vector(2);
  if (!cursor.ok || !cursor.rest.empty()) {
    return unreadable("a ClientHello with bytes behind its extensions");
  }
  if (auto fault = read_extensions(extensions, hello)) return *fault;
  return hello;
}

// Decides by the record's first two bytes. A type of TLS other than handshake is TLS all the same
// (OpenSSL's servers pass over a warning alert before the hello), and so is a handshake in any
// version (RFC 8446 §5.1 has servers ignore it, and Go's takes what is under 16).
std::optional<HelloParse> check_first_record(std::string_view bytes) {
  const auto type = static_cast<unsigned char>(bytes[0]);
  if (type < 20 || type > 24)
    return HelloFault{HelloKind::not_tls, "the first byte begins no TLS record"};
  if (type == kHandshake) return std::nullopt;
  if (bytes.size() < 2) return NeedMore{};
  if (bytes[1] == 3) return unreadable("a TLS record before the ClientHello");
  return HelloFault{HelloKind::not_tls, "the first bytes begin no TLS record"};
}

// The first `size` bytes that the records hold, which are known to be there and sound.
std::string gather(std::string_view records, std::size_t size) {
  std::string message;
  message.reserve(size);
  while (message.size() < size) {
    Cursor header{records.substr(3, 2)};
    const std::string_view fragment = records.substr(kRecordHeader, header.number(2));
    message.append(fragment.substr(0, size - message.size()));
    records.remove_prefix(kRecordHeader + fragment.size());
  }
  return message;
}

}  // namespace

// One record, or as much of it as is there. nullopt: it is whole, and the message is not.
std::optional<HelloParse> HelloScan::read_record(std::string_view rest) {
  if (!rest.empty() && static_cast<unsigned char>(rest[0]) != kHandshake) {
    return unreadable("a record of another type inside the ClientHello");
  }
  if (rest.size() >= 2 && rest[1] != 3) return unreadable("a record of an unknown version");
  if (rest.size() < kRecordHeader) return NeedMore{};
  Cursor cursor{rest.substr(3, 2)};
  const std::size_t size = cursor.number(2);
  if (size == 0) return unreadable("an empty handshake record");
  if (size > kMaxFragment) return unreadable("a record over 16 KiB");

  const std::string_view fragment = rest.substr(kRecordHeader, size);
  std::string header = header_;
  header.append(fragment.substr(0, kMessageHeader - header.size()));
  if (!header.empty() && static_cast<unsigned char>(header[0]) != kClientHello) {
    return unreadable("a handshake message before the ClientHello");
  }
  if (header.size() == kMessageHeader) {
    Cursor length{std::string_view(header).substr(1)};
    message_size_ = kMessageHeader + length.number(3);
  }
  // What is still to come counts, so that a hello over the limit is refused by its first bytes.
  const std::size_t headers = (records_ + 1) * kRecordHeader;
  if (headers + std::max(message_size_, header.size()) > kMaxClientHello) {
    return HelloFault{HelloKind::too_large, "a ClientHello over 64 KiB"};
  }
  const std::size_t gathered = gathered_ + fragment.size();
  if (message_size_ != 0 && gathered >= message_size_) return ClientHello{};
  if (fragment.size() < size) return NeedMore{};

  at_ += kRecordHeader + size;
  ++records_;
  gathered_ = gathered;
  header_ = std::move(header);
  return std::nullopt;
}

HelloParse HelloScan::advance(std::string_view bytes) {
  if (bytes.empty()) return NeedMore{};
  if (at_ == 0) {
    if (auto settled = check_first_record(bytes)) return std::move(*settled);
  }
  std::optional<HelloParse> end;
  while (!end) end = read_record(bytes.substr(at_));
  if (!std::holds_alternative<ClientHello>(*end)) return std::move(*end);
  const std::string message = gather(bytes, message_size_);
  return read_message(std::string_view(message).substr(kMessageHeader));
}

HelloParse parse_client_hello(std::string_view bytes) {
  HelloScan scan;
  return scan.advance(bytes);
}

}  // namespace ssmgate::wire
