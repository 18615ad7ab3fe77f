// A record as a log server is told it: RFC 5424, and journald's fields. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ssmgate::state {

struct LogLabels {
  std::uint8_t facility = 10;
  std::string app_name = "ssmgate";
  std::string host;  // of this machine; empty: unknown
  int process = 0;
};

// 6 informational, 4 warning for what was refused, 3 error for trouble. SOURCE: RFC 5424 §6.2.1
[[nodiscard]] int severity_of(std::string_view fields);

// One RFC 5424 message; `line`, without its newline, is what it says.
[[nodiscard]] std::string syslog_message(const LogLabels& labels, std::string_view fields,
                                         std::string_view line);
// As it goes over a stream. SOURCE: RFC 6587 §3.4.1, octet counting.
[[nodiscard]] std::string counted(std::string_view message);

// `MESSAGE`, `PRIORITY`, `SYSLOG_…`, every field as `SSMGATE_NAME`, and the whole line as
// `SSMGATE_RECORD`. SOURCE: systemd.io/JOURNAL_NATIVE_PROTOCOL
[[nodiscard]] std::string journal_entry(const LogLabels& labels, std::string_view fields,
                                        std::string_view line);

}  // namespace ssmgate::state
