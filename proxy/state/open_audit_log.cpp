#include "state/signed_file.hpp"

namespace ssmgate::state {

std::variant<SinkFault, std::unique_ptr<AuditLog>> open_audit_log(
    const config::Audit& settings, const std::filesystem::path& state) {
  auto key = AuditKey::open(state);
  if (auto* fault = std::get_if<KeyFault>(&key)) return SinkFault{std::move(fault->text)};
  const Sealing sealing{std::get<std::shared_ptr<const AuditKey>>(std::move(key)), state};
  std::vector<std::unique_ptr<AuditSink>> sinks;
  for (const config::AuditSink& sink : settings.sinks) {
    if (sink.type == config::AuditSink::Type::standard_output) {
      sinks.push_back(open_standard_output_sink());
      continue;
    }
    auto opened = open_signed_file_sink(sink.path, sealing);
    if (auto* fault = std::get_if<SinkFault>(&opened)) return std::move(*fault);
    sinks.push_back(std::move(std::get<std::unique_ptr<AuditSink>>(opened)));
  }
  return std::make_unique<AuditLog>(std::move(sinks), kAuditDeadline);
}

}  // namespace ssmgate::state
