#include "state/server_sink.hpp"
#include "state/signed_file.hpp"

namespace ssmgate::state {
namespace {

std::variant<SinkFault, std::unique_ptr<AuditSink>> open_sink(const config::AuditSink& sink,
                                                              const Sealing& sealing) {
  using Type = config::AuditSink::Type;
  const bool ocsf = sink.format == config::AuditSink::Format::ocsf;
  const LineFormat format = ocsf ? LineFormat::ocsf : LineFormat::json;
  if (sink.type == Type::file) return open_signed_file_sink(sink.path, sealing, format);
  if (sink.type == Type::standard_output) return open_standard_output_sink(format);
  return open_server_sink(sink, format);
}

}  // namespace

std::variant<SinkFault, std::unique_ptr<AuditLog>> open_audit_log(
    const config::Audit& settings, const std::filesystem::path& state) {
  auto key = AuditKey::open(state);
  if (auto* fault = std::get_if<KeyFault>(&key)) return SinkFault{std::move(fault->text)};
  const Sealing sealing{std::get<std::shared_ptr<const AuditKey>>(std::move(key)), state};
  std::vector<std::unique_ptr<AuditSink>> sinks;
  for (const config::AuditSink& sink : settings.sinks) {
    auto opened = open_sink(sink, sealing);
    if (auto* fault = std::get_if<SinkFault>(&opened)) return std::move(*fault);
    sinks.push_back(std::move(std::get<std::unique_ptr<AuditSink>>(opened)));
  }
  return std::make_unique<AuditLog>(std::move(sinks), kAuditDeadline);
}

}  // namespace ssmgate::state
