#include "state/audit_record.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include "wire/json.hpp"

namespace ssmgate::state {
namespace {

// Of most records: what they say takes no second allocation.
constexpr std::size_t kUsualSize = 1024;

// The members that are not empty.
class Fields {
 public:
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) out_.text(key, value);
  }
  void number(std::string_view key, std::optional<std::int64_t> value) {
    if (value) out_.number(key, *value);
  }
  void list(std::string_view key, const std::vector<std::string>& values) {
    if (!values.empty()) out_.texts(key, values);
  }
  void parameters(std::string_view key, const std::vector<Parameter>& parameters) {
    if (parameters.empty()) return;
    wire::JsonObject values;
    for (const Parameter& parameter : parameters) values.texts(parameter.name, parameter.values);
    out_.raw(key, values.done());
  }
  std::string take() { return out_.take_members(); }

 private:
  wire::JsonObject out_{kUsualSize};
};

}  // namespace

std::string_view name(Event event) noexcept {
  switch (event) {
    case Event::start: return "start";
    case Event::stop: return "stop";
    case Event::policy: return "policy";
    case Event::decision: return "decision";
    case Event::result: return "result";
    case Event::connect: return "connect";
    case Event::session_end: return "session-end";
  }
  return "unknown";
}

std::string render_time(std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto whole = floor<seconds>(time);
  const std::time_t clock = system_clock::to_time_t(whole);
  std::tm utc{};
  gmtime_r(&clock, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  const auto part = static_cast<int>(duration_cast<milliseconds>(time - whole).count());
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", part);
  return std::string(text.data(), size) + fraction.data();
}

std::string render_fields(const AuditRecord& record) {
  Fields fields;
  fields.text("time", render_time(record.time));
  fields.text("event", name(record.event));
  fields.text("request_id", record.request_id);
  fields.text("decision", record.decision);
  fields.text("effect", record.effect);
  fields.text("code", record.code);
  fields.text("rule", record.rule);
  fields.text("nearest", record.nearest);
  fields.list("reported", record.reported);
  fields.text("message", record.message);
  fields.text("policy_revision", record.policy_revision);
  fields.text("listener", record.listener);
  fields.text("client", record.client);
  fields.text("user", record.user);
  fields.text("auth", record.auth);
  fields.text("access_key", record.access_key);
  fields.text("account", record.account);
  fields.text("region", record.region);
  fields.text("endpoint", record.endpoint);
  fields.text("operation", record.operation);
  fields.text("document", record.document);
  fields.text("target", record.target);
  fields.text("host", record.host);
  fields.number("port", record.port);
  fields.parameters("parameters", record.parameters);
  fields.text("session_reason", record.session_reason);
  fields.text("session_id", record.session_id);
  fields.number("session_candidates", record.session_candidates);
  fields.number("reconnects", record.reconnects);
  fields.number("status", record.status);
  fields.text("aws_request_id", record.aws_request_id);
  fields.number("duration_ms", record.duration_ms);
  fields.number("bytes_up", record.bytes_up);
  fields.number("bytes_down", record.bytes_down);
  fields.text("closed_by", record.closed_by);
  return fields.take();
}

}  // namespace ssmgate::state
