// What all sinks share: how bytes go out, and the chain of those that cannot look back.
#include "state/audit_sink.hpp"

#include <unistd.h>

#include <cerrno>

#include "state/ocsf.hpp"

namespace ssmgate::state {

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

std::size_t AuditSink::write_group(std::span<const std::string_view> records) {
  std::size_t taken = 0;
  while (taken < records.size() && write(records[taken])) ++taken;
  return taken;
}

bool OneWaySink::write(std::string_view fields) {
  const std::string line = render_line(fields, end_, format_);
  if (!send(line, fields)) return false;
  end_ = advanced(end_, line);
  return true;
}

}  // namespace ssmgate::state
