#include "tools/render.hpp"

#include "ssmgate/text/duration.hpp"
#include "ssmgate/tools/eval.hpp"

namespace ssmgate::tools {
namespace {

void append_text_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

void append_known(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  out.append(", \"").append(key).append("\": ");
  append_json_string(out, text);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out.append("\\u00") += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void render_finding_json(const Finding& finding, std::string& out) {
  out.append("{\"decision\": \"").append(name(finding.decision));
  out.append("\", \"effect\": \"").append(name(finding.effect));
  out.append("\", \"code\": \"").append(name(finding.code));
  out.append("\", \"rule\": ");
  append_text_or_null(out, finding.rule);
  out.append(", \"nearest\": ");
  append_text_or_null(out, finding.nearest);
  out.append(", \"reported\": [");
  for (std::size_t i = 0; i < finding.reported.size(); ++i) {
    if (i > 0) out += ", ";
    append_json_string(out, finding.reported[i]);
  }
  out.append("], \"message\": ");
  append_json_string(out, finding.message);
  append_known(out, "document", finding.document);
  append_known(out, "target", finding.target);
  append_known(out, "host", finding.host);
  if (finding.port) out.append(", \"port\": ").append(std::to_string(*finding.port));
  if (finding.max_duration) {
    append_known(out, "max_duration", render_duration(*finding.max_duration));
  }
  out += '}';
}

std::string render_finding_text(const Finding& finding) {
  std::string out(name(finding.decision));
  out.append(" (").append(name(finding.code)).append(")");
  const bool relayed_refusal =
      finding.effect == Effect::relay && finding.decision != Decision::allow;
  if (relayed_refusal) out.append(", but relayed");
  out.append("\n").append(finding.message).append("\n");
  if (finding.reported.empty()) return out;
  out.append("rules in report mode that matched:");
  for (const std::string& id : finding.reported) out.append(" ").append(id);
  return out.append("\n");
}

}  // namespace ssmgate::tools
