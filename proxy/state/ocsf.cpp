#include "state/ocsf.hpp"

#include <array>
#include <chrono>
#include <initializer_list>
#include <utility>

#include <boost/json.hpp>

#include "ssmgate/tools/time.hpp"
#include "state/json_ascii.hpp"

namespace ssmgate::state {
namespace json = boost::json;
namespace {

constexpr int kCategory = 6;  // Application Activity
constexpr int kClass = 6003;  // API Activity

enum Activity : int { kCreate = 1, kRead = 2, kUpdate = 3, kDelete = 4, kOther = 99 };

struct Outcome {
  int severity;     // 1 Informational, 3 Medium, 4 High
  int status;       // 1 Success, 2 Failure
  int action;       // 1 Allowed, 2 Denied, 0 Unknown
  int disposition;  // 1 Allowed, 2 Blocked, 0 Unknown
};

Activity activity_of(std::string_view operation) {
  const auto starts = [operation](std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) {
      if (operation.starts_with(word)) return true;
    }
    return false;
  };
  if (starts({"Start", "Create", "Send", "Put", "Register", "Add"})) return kCreate;
  if (starts({"Describe", "Get", "List"})) return kRead;
  if (starts({"Resume", "Update", "Modify", "Label", "Reset"})) return kUpdate;
  if (starts({"Terminate", "Delete", "Deregister", "Remove", "Cancel", "Stop"})) return kDelete;
  return kOther;
}

Outcome outcome_of(std::string_view event, std::string_view decision) {
  if (decision == "deny" || decision == "malformed") return {3, 2, 2, 2};
  if (decision == "error") return {4, 2, 0, 0};
  if (decision == "allow" || decision == "relay") return {1, 1, 1, 1};
  return {1, event == "result" ? 1 : 0, 0, 0};
}

// Takes members out of a record: what is left is unmapped.
class Taker {
 public:
  explicit Taker(json::object record) : left_(std::move(record)) {}

  // Moves `name` to `to[as]`, if it is there.
  void move(std::string_view name, json::object& to, std::string_view as) {
    const auto found = left_.find(name);
    if (found == left_.end()) return;
    to[as] = std::move(found->value());
    left_.stable_erase(found);
  }
  [[nodiscard]] std::string text(std::string_view name) const {
    const auto* value = left_.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
  }
  [[nodiscard]] const json::object& left() const noexcept { return left_; }

 private:
  json::object left_;
};

void put(json::object& to, std::string_view name, json::object value) {
  if (!value.empty()) to[name] = std::move(value);
}

json::object metadata(Taker& record) {
  json::object made;
  made["version"] = "1.3.0";
  made["product"] = json::object{{"name", "ssmgate"}, {"vendor_name", "ssmgate"}};
  made["profiles"] = json::array{"cloud", "security_control"};
  made["log_name"] = "audit";
  record.move("request_id", made, "correlation_uid");
  return made;
}

json::object api(Taker& record, const std::string& operation, const std::string& event) {
  json::object made;
  made["operation"] = operation.empty() ? event : operation;
  made["service"] = json::object{{"name", "ssm"}};
  json::object request;
  record.move("aws_request_id", request, "uid");
  put(made, "request", std::move(request));
  json::object response;
  record.move("status", response, "code");
  put(made, "response", std::move(response));
  return made;
}

json::object actor(Taker& record) {
  json::object user;
  record.move("user", user, "name");
  record.move("access_key", user, "credential_uid");
  json::object made;
  put(made, "user", std::move(user));
  if (made.empty()) made["app_name"] = "ssmgate";
  return made;
}

json::array resources(Taker& record) {
  json::array made;
  for (const auto& [name, type] : {std::pair<std::string_view, std::string_view>{"target", "node"},
                                   {"document", "document"},
                                   {"session_id", "session"}}) {
    json::object one;
    record.move(name, one, "uid");
    if (one.empty()) continue;
    one["type"] = type;
    made.emplace_back(std::move(one));
  }
  return made;
}

void add_places(Taker& record, json::object& out) {
  json::object source;
  record.move("client", source, "ip");
  if (source.empty()) source["name"] = "ssmgate";
  out["src_endpoint"] = std::move(source);
  json::object destination;
  record.move("endpoint", destination, "hostname");
  put(out, "dst_endpoint", std::move(destination));
  json::object cloud;
  cloud["provider"] = "AWS";
  record.move("region", cloud, "region");
  json::object account;
  record.move("account", account, "uid");
  put(cloud, "account", std::move(account));
  out["cloud"] = std::move(cloud);
  if (json::array made = resources(record); !made.empty()) out["resources"] = std::move(made);
}

// Since 1970; 0: the record has no time.
std::int64_t milliseconds(std::string_view time) {
  const auto parsed = tools::parse_time(time);
  if (!parsed) return 0;
  return std::chrono::duration_cast<std::chrono::milliseconds>(parsed->time_since_epoch()).count();
}

json::object mapped(Taker& record) {
  const std::string operation = record.text("operation");
  const std::string event = record.text("event");
  const Outcome outcome = outcome_of(event, record.text("decision"));
  const int activity = activity_of(operation);
  json::object out;
  out["class_uid"] = kClass;
  out["category_uid"] = kCategory;
  out["activity_id"] = activity;
  if (activity == kOther) out["activity_name"] = operation.empty() ? event : operation;
  out["type_uid"] = kClass * 100 + activity;
  out["time"] = milliseconds(record.text("time"));
  out["severity_id"] = outcome.severity;
  out["status_id"] = outcome.status;
  out["action_id"] = outcome.action;
  out["disposition_id"] = outcome.disposition;
  record.move("code", out, "status_code");
  record.move("message", out, "message");
  record.move("duration_ms", out, "duration");
  out["metadata"] = metadata(record);
  out["api"] = api(record, operation, event);
  out["actor"] = actor(record);
  add_places(record, out);
  return out;
}

}  // namespace

std::string ocsf_fields(std::string_view fields) {
  json::error_code error;
  std::string text = "{";
  text.append(fields).append("}");
  json::value record = json::parse(text, error);
  // Only fields of our own making come here.
  if (error || !record.is_object()) return "\"unmapped\":{\"event\":\"unreadable\"";
  Taker taker(std::move(record.get_object()));
  const json::object out = mapped(taker);
  std::string made = json_ascii(json::serialize(out));
  made.erase(made.begin());
  made.back() = ',';
  std::string rest = json_ascii(json::serialize(taker.left()));
  rest.pop_back();
  return made.append("\"unmapped\":").append(rest);
}

}  // namespace ssmgate::state
