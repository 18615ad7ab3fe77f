// What an answer to StartSession or ResumeSession says of the session.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ssmgate::flow {

struct SessionAnswer {
  std::string session_id;
  std::string channel_host;  // of the StreamUrl, canonical; without its path and query
};

// `encoding`: the Content-Encoding; empty, `identity` or `gzip`. Nothing when it names no session,
// or no data channel. LIMIT: 64 KiB, also unpacked.
[[nodiscard]] std::optional<SessionAnswer> read_session_answer(std::string_view body,
                                                               std::string_view encoding);

// What gzip packed, or nothing: damaged, cut off, or over `limit`.
[[nodiscard]] std::optional<std::string> unpack_gzip(std::string_view packed, std::size_t limit);

}  // namespace ssmgate::flow
