// One line of an audit log as whoever reads the log sees it: its fields, still as JSON.
//
// Owns: which fields there are, and the grammar of a line. Pure, and made for bytes that somebody
// may have damaged or forged. Does not own: what the chain says (verify), nor what is shown.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ssmgate::audit {

// In the order of docs/audit.md.
enum class Field : std::uint8_t {
  time,
  seq,
  prev,
  event,
  request_id,
  decision,
  effect,
  code,
  rule,
  nearest,
  reported,
  message,
  policy_revision,
  listener,
  client,
  user,
  auth,
  access_key,
  account,
  region,
  endpoint,
  operation,
  document,
  target,
  host,
  port,
  parameters,
  session_reason,
  session_id,
  status,
  aws_request_id,
  duration_ms,
  bytes_up,
  bytes_down,
  closed_by,
};
inline constexpr std::size_t kFields = static_cast<std::size_t>(Field::closed_by) + 1;

[[nodiscard]] std::string_view name(Field field) noexcept;
// Every field, in order.
[[nodiscard]] std::span<const Field> fields() noexcept;
// The values that a field of one of few words can have; empty: it can have others.
[[nodiscard]] std::span<const std::string_view> words(Field field) noexcept;

// Views into the line, which must outlive it.
class RecordView {
 public:
  // The value as JSON, as it was written; empty: the line has no such field.
  [[nodiscard]] std::string_view raw(Field field) const noexcept {
    return raw_[static_cast<std::size_t>(field)];
  }
  [[nodiscard]] bool has(Field field) const noexcept { return !raw(field).empty(); }
  // A string without its quotes and escapes, anything else as JSON. Not fit for a terminal.
  [[nodiscard]] std::string text(Field field) const;
  // A whole number from 0; nothing for anything else.
  [[nodiscard]] std::optional<std::uint64_t> number(Field field) const noexcept;
  // The strings of a list; empty for anything else.
  [[nodiscard]] std::vector<std::string> list(Field field) const;

 private:
  friend std::optional<RecordView> scan_record(std::string_view line);
  std::array<std::string_view, kFields> raw_;
};

// The record that `line`, without its newline, is: one JSON object (RFC 8259, valid UTF-8), in
// which no field stands twice, and which has an `event`; also one in OCSF's shape. Members that
// this version does not know are passed over. Nothing: it is damaged. One pass, no allocation.
// LIMIT: 16 levels of nesting.
[[nodiscard]] std::optional<RecordView> scan_record(std::string_view line);

// The text of the JSON string `raw`, quotes included; nothing when it is none.
[[nodiscard]] std::optional<std::string> unquote(std::string_view raw);

}  // namespace ssmgate::audit
