// One line of the audit log: its fields, and how they become JSON.
//
// Owns: names, order and escaping of the fields. Does not own: seq, prev, or where a line goes.
// INVARIANT: nothing secret is a field: no token, signature, password or stream URL.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssmgate/request/start_session.hpp"

namespace ssmgate::state {

enum class Event : std::uint8_t { start, stop, policy, decision, result, connect, session_end };
[[nodiscard]] std::string_view name(Event event) noexcept;

// Empty members are left out of the line.
struct AuditRecord {
  Event event = Event::decision;
  std::chrono::system_clock::time_point time;
  std::string request_id;
  std::string decision;  // allow deny malformed relay error
  std::string effect;    // relay refuse
  std::string code;
  std::string rule;
  std::string nearest;
  std::vector<std::string> reported;
  std::string message;
  std::string policy_revision;
  std::string listener;
  std::string client;
  std::string user;
  std::string auth;
  std::string access_key;
  std::string account;
  std::string region;
  std::string endpoint;
  std::string operation;
  std::string document;
  std::string target;
  std::string host;
  std::optional<std::uint16_t> port;
  std::vector<Parameter> parameters;  // as sent
  std::string session_reason;
  std::string session_id;
  // Of a data channel's `connect`: how many of the owner's sessions it could belong to. 1: this
  // one.
  std::optional<std::int64_t> session_candidates;
  std::optional<std::int64_t> reconnects;  // of a `session-end`
  std::optional<int> status;
  std::string aws_request_id;
  std::optional<std::int64_t> duration_ms;
  std::optional<std::int64_t> bytes_up;
  std::optional<std::int64_t> bytes_down;
  std::string closed_by;
};

// The line without `seq` and `prev` and without its braces: `"time":…,"event":…`.
[[nodiscard]] std::string render_fields(const AuditRecord& record);

// RFC 3339 in UTC with milliseconds: 2026-11-23T17:18:45.123Z.
[[nodiscard]] std::string render_time(std::chrono::system_clock::time_point time);

}  // namespace ssmgate::state
