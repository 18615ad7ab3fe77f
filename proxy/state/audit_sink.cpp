// What all sinks share: how bytes go out, and the chain of those that cannot look back.
#include "state/audit_sink.hpp"

#include <unistd.h>

#include <cerrno>

#include "state/audit_checkpoint.hpp"
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

OneWaySink::OneWaySink(std::string name, SinkSetup setup)
    : AuditSink(std::move(name)), setup_(std::move(setup)) {}

bool OneWaySink::write(std::string_view fields) {
  const std::string line = render_line(fields, end_, setup_.format);
  if (!send(line, fields)) return false;
  end_ = advanced(end_, line);
  return true;
}

bool OneWaySink::seal() {
  if (!setup_.key) return true;
  const std::string fields = checkpoint_fields(*setup_.key, end_, std::chrono::system_clock::now());
  if (fields.empty()) return fail("no checkpoint could be signed");
  return write(fields);
}

}  // namespace ssmgate::state
