#include "state/audit_record.hpp"

#include "wire/json.hpp"

namespace ssmgate::state {
namespace {

// What a record takes, or a little more: many may wait to be written.
std::size_t expected_size(const AuditRecord& record) {
  constexpr std::size_t kNamesAndNumbers = 512;
  std::size_t size = kNamesAndNumbers;
  for (const std::string* text :
       {&record.message, &record.policy_revision, &record.endpoint, &record.document,
        &record.target, &record.host, &record.session_reason, &record.session_id}) {
    size += text->size();
  }
  for (const Parameter& parameter : record.parameters) {
    size += parameter.name.size() + 8;
    for (const std::string& value : parameter.values) size += value.size() + 3;
  }
  return size;
}

// The members that are not empty.
class Fields {
 public:
  explicit Fields(std::size_t size) : out_(size) {}
  void text(wire::JsonName key, std::string_view value) {
    if (!value.empty()) out_.text(key, value);
  }
  void number(wire::JsonName key, std::optional<std::int64_t> value) {
    if (value) out_.number(key, *value);
  }
  void list(wire::JsonName key, const std::vector<std::string>& values) {
    if (!values.empty()) out_.texts(key, values);
  }
  void parameters(wire::JsonName key, const std::vector<Parameter>& parameters) {
    if (parameters.empty()) return;
    wire::JsonObject values;
    for (const Parameter& parameter : parameters) values.texts_of(parameter.name, parameter.values);
    out_.raw(key, values.done());
  }
  std::string take() { return out_.take_members(); }

 private:
  wire::JsonObject out_;
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
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<milliseconds>(time - day));
  std::string text = "0000-00-00T00:00:00.000Z";
  const auto put = [&text](std::size_t at, std::size_t digits, auto value) {
    for (std::size_t i = at + digits; i > at; value /= 10) {
      text[--i] = static_cast<char>('0' + value % 10);
    }
  };
  put(0, 4, static_cast<int>(date.year()));
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, clock.hours().count());
  put(14, 2, clock.minutes().count());
  put(17, 2, clock.seconds().count());
  put(20, 3, clock.subseconds().count());
  return text;
}

std::string render_fields(const AuditRecord& record) {
  Fields fields(expected_size(record));
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
