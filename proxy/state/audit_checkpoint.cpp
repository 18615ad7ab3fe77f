#include "state/audit_checkpoint.hpp"

#include "state/audit_record.hpp"
#include "tls/file.hpp"
#include "tls/file_write.hpp"

namespace ssmgate::state {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEvent = "\"event\":\"checkpoint\"";

// The value of a field that needs no escaping.
std::string text_field(std::string_view line, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":\"";
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + key.size());
  return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace

std::string signed_text(const Checkpoint& checkpoint) {
  std::string text = "ssmgate audit checkpoint\n" + std::to_string(checkpoint.seq) + "\n" +
                     checkpoint.prev + "\n" + checkpoint.time + "\n";
  if (!checkpoint.decision.empty()) text += checkpoint.decision + "\n";
  if (!checkpoint.message.empty()) text += checkpoint.message + "\n";
  return text;
}

std::string checkpoint_fields(const AuditKey& key, const ChainEnd& end,
                              std::chrono::system_clock::time_point now, const Finding& finding) {
  Checkpoint checkpoint;
  checkpoint.seq = end.seq + 1;
  checkpoint.prev = end.hash;
  checkpoint.time = render_time(now);
  if (finding.damage) checkpoint.decision = "error";
  checkpoint.message = finding.text;
  checkpoint.signature = key.sign(signed_text(checkpoint));
  if (checkpoint.signature.empty()) return {};
  std::string fields = "\"time\":\"" + checkpoint.time + "\",";
  fields.append(kEvent).append(",\"key\":\"").append(key.id());
  fields.append("\",\"signature\":\"").append(checkpoint.signature).append("\"");
  if (finding.damage) fields.append(",\"decision\":\"error\"");
  if (!finding.text.empty()) fields.append(",\"message\":\"").append(finding.text).append("\"");
  return fields;
}

std::optional<Checkpoint> parse_checkpoint(std::string_view line) {
  // INVARIANT: no value can hold this text, for its quotes would be escaped.
  if (line.find(kEvent) == std::string_view::npos) return std::nullopt;
  const auto link = find_link(line);
  if (!link) return std::nullopt;
  Checkpoint checkpoint;
  checkpoint.seq = link->seq;
  checkpoint.prev = link->prev;
  checkpoint.time = text_field(line, "time");
  checkpoint.decision = text_field(line, "decision");
  checkpoint.message = text_field(line, "message");
  checkpoint.key = text_field(line, "key");
  checkpoint.signature = text_field(line, "signature");
  return checkpoint;
}

fs::path kept_checkpoint_file(const fs::path& state, const fs::path& log) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(log, error);
  const std::string digits = sha256_hex((error ? log : whole).string()).substr(0, 16);
  return state / "checkpoints" / (log.filename().string() + "-" + digits);
}

std::optional<std::string> read_kept_checkpoint(const fs::path& file) {
  auto text = tls::read_file(file, tls::Privacy::none);
  auto* line = std::get_if<std::string>(&text);
  if (line == nullptr || !line->ends_with('\n')) return std::nullopt;
  line->pop_back();
  return std::move(*line);
}

bool keep_checkpoint(const fs::path& file, std::string_view line) {
  if (std::holds_alternative<tls::AuthorityFault>(tls::make_folders(file.parent_path()))) {
    return false;
  }
  tls::Aside aside(file);
  const auto written = aside.write(std::string(line) + "\n", tls::kKeyMode);
  if (std::holds_alternative<tls::AuthorityFault>(written)) return false;
  return !std::holds_alternative<tls::AuthorityFault>(aside.replace());
}

}  // namespace ssmgate::state
