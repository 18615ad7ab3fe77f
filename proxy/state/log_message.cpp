#include "state/log_message.hpp"

#include <boost/json.hpp>

#include "state/json_ascii.hpp"
#include "wire/json.hpp"

namespace ssmgate::state {
namespace {

namespace json = boost::json;

// The value of a text field of a record, as it is written there: printable ASCII.
std::string_view written(std::string_view fields, std::string_view key) {
  const std::size_t at = fields.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = fields.substr(at + key.size());
  return rest.substr(0, rest.find('"'));
}

std::string_view event_of(std::string_view fields) {
  return written(fields, "\"event\":\"");
}

std::string_view decision_of(std::string_view fields) {
  return written(fields, "\"decision\":\"");
}

std::string or_nil(std::string_view text) {
  return text.empty() ? "-" : std::string(text);
}

std::string shown(const json::value& value) {
  if (value.is_string()) return json_ascii(wire::json_escape(value.get_string()));
  return json_ascii(json::serialize(value));
}

// INVARIANT: `value` is one line: it is ASCII without control characters.
void add(std::string& entry, std::string_view name, std::string_view value) {
  if (!value.empty()) entry.append(name).append("=").append(value).append("\n");
}

std::string upper(std::string_view name) {
  std::string out;
  for (const char c : name) {
    out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

// What a person reads: deny StartSession by alice on i-0…: message.
std::string summary(const json::object& record) {
  const auto text = [&record](std::string_view name) {
    const auto* value = record.if_contains(name);
    return value == nullptr ? std::string() : shown(*value);
  };
  std::string out = text("event");
  const auto more = [&out](std::string_view before, const std::string& value) {
    if (!value.empty()) out.append(before).append(value);
  };
  more(" ", text("decision"));
  more(" ", text("operation"));
  more(" ", text("document"));
  more(" on ", text("target"));
  more(" to ", text("host"));
  more(" by ", text("user"));
  more(" from ", text("client"));
  more(" status ", text("status"));
  more(": ", text("message"));
  return out;
}

}  // namespace

int severity_of(std::string_view fields) {
  const std::string_view decision = decision_of(fields);
  if (decision == "error") return 3;
  return decision == "deny" || decision == "malformed" ? 4 : 6;
}

std::string syslog_message(const LogLabels& labels, std::string_view fields,
                           std::string_view line) {
  std::string out = "<" + std::to_string(labels.facility * 8 + severity_of(fields)) + ">1 ";
  out += or_nil(written(fields, "\"time\":\""));
  out.append(" ").append(or_nil(labels.host));
  out.append(" ").append(labels.app_name);
  out.append(" ").append(std::to_string(labels.process));
  out.append(" ").append(or_nil(event_of(fields)));
  return out.append(" - ").append(line);
}

std::string counted(std::string_view message) {
  return std::to_string(message.size()).append(" ").append(message);
}

std::string journal_entry(const LogLabels& labels, std::string_view fields, std::string_view line) {
  json::error_code error;
  std::string text = "{";
  text.append(fields).append("}");
  const json::value record = json::parse(text, error);
  std::string entry;
  if (!error && record.is_object()) {
    add(entry, "MESSAGE", summary(record.get_object()));
    for (const auto& [name, value] : record.get_object()) {
      add(entry, "SSMGATE_" + upper(name), shown(value));
    }
  }
  add(entry, "PRIORITY", std::to_string(severity_of(fields)));
  add(entry, "SYSLOG_FACILITY", std::to_string(labels.facility));
  add(entry, "SYSLOG_IDENTIFIER", labels.app_name);
  add(entry, "SYSLOG_PID", std::to_string(labels.process));
  add(entry, "SSMGATE_RECORD", line);
  return entry;
}

}  // namespace ssmgate::state
