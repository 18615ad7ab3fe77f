#include "flow/session_text.hpp"

#include <array>

#include <boost/json.hpp>

#include "flow/session_request.hpp"

namespace ssmgate::flow {
namespace json = boost::json;
namespace {

using std::chrono::milliseconds;
using State = Session::State;

constexpr std::array<std::string_view, 4> kStates = {"waiting", "attached", "dormant", "ended"};

struct TextField {
  std::string_view key;
  std::string SessionFacts::*member;
};
constexpr std::array kTexts = {
    TextField{"id", &SessionFacts::id},
    TextField{"channel_host", &SessionFacts::channel_host},
    TextField{"listener", &SessionFacts::listener},
    TextField{"client", &SessionFacts::client},
    TextField{"user", &SessionFacts::user},
    TextField{"auth", &SessionFacts::auth},
    TextField{"access_key", &SessionFacts::access_key},
    TextField{"account", &SessionFacts::account},
    TextField{"region", &SessionFacts::region},
    TextField{"policy_revision", &SessionFacts::policy_revision},
    TextField{"rule", &SessionFacts::rule},
    TextField{"document", &SessionFacts::document},
    TextField{"target", &SessionFacts::target},
    TextField{"host", &SessionFacts::host},
};

std::int64_t to_number(SessionTime time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

SessionTime to_time(std::int64_t number) {
  return SessionTime(milliseconds(number));
}

json::value optional_text(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

json::object render_request(const SessionRequest& request) {
  json::array groups;
  for (const std::string& group : request.caller.unix_groups) groups.emplace_back(group);
  json::object out;
  out["body"] = request.body;
  out["default_document"] = request.default_document;
  out["access_key"] = request.asked.claims.access_key;
  out["account"] = request.asked.claims.account;
  out["region"] = request.asked.claims.region;
  out["user"] = optional_text(request.caller.user);
  out["unix_user"] = optional_text(request.caller.unix_user);
  out["unix_groups"] = std::move(groups);
  out["client"] = render_ip_address(request.caller.client);
  return out;
}

std::optional<std::string> read_optional(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  return std::string(value.as_string());
}

std::string read_text(const json::object& in, std::string_view key) {
  return std::string(in.at(key).as_string());
}

std::shared_ptr<const SessionRequest> read_request(const json::object& in) {
  Caller caller;
  caller.user = read_optional(in.at("user"));
  caller.unix_user = read_optional(in.at("unix_user"));
  for (const json::value& group : in.at("unix_groups").as_array()) {
    caller.unix_groups.emplace_back(group.as_string());
  }
  const auto client = parse_ip_address(read_text(in, "client"));
  if (!client) return nullptr;
  caller.client = *client;
  Claims claims;
  claims.operation = "StartSession";
  claims.access_key = read_text(in, "access_key");
  claims.account = read_text(in, "account");
  claims.region = read_text(in, "region");
  return make_session_request(std::move(caller), std::move(claims), read_text(in, "body"),
                              read_text(in, "default_document"));
}

void read_facts(const json::object& in, SessionFacts& facts) {
  for (const TextField& field : kTexts) facts.*field.member = read_text(in, field.key);
  facts.owner.name = read_text(in, "owner");
  facts.owner.is_user = in.at("owner_is_user").as_bool();
  if (const auto* port = in.if_contains("port")) {
    facts.port = port->to_number<std::uint16_t>();
  }
  if (const auto* limit = in.if_contains("rule_limit_ms")) {
    facts.rule_limit = milliseconds(limit->to_number<std::int64_t>());
  }
  if (const auto* request = in.if_contains("request")) {
    facts.request = read_request(request->as_object());
  }
}

void read_state(const json::object& in, Session& session) {
  const std::string state = read_text(in, "state");
  const auto* found = std::ranges::find(kStates, state);
  if (found == kStates.end()) throw std::invalid_argument("state");
  session.state = static_cast<State>(found - kStates.begin());
  const auto time = [&in](std::string_view key) {
    return to_time(in.at(key).to_number<std::int64_t>());
  };
  session.started = time("started");
  session.account_since = time("account_since");
  session.wait_until = time("wait_until");
  session.ended_at = time("ended_at");
  if (in.contains("lost_at")) session.lost_at = time("lost_at");
  session.lost_by = find_closer(read_text(in, "lost_by"));
  session.closed_by = find_closer(read_text(in, "closed_by"));
  session.recorded = in.at("recorded").as_bool();
  session.bytes_up = in.at("bytes_up").to_number<std::uint64_t>();
  session.bytes_down = in.at("bytes_down").to_number<std::uint64_t>();
  session.channels = in.at("channels").to_number<std::uint32_t>();
  if (session.state != State::attached) return;
  session.state = State::waiting;
  session.lost_at = time("saved");
  session.lost_by = Closer::shutdown;
}

}  // namespace

std::string render_session(const Session& session, SessionTime now) {
  const SessionFacts& facts = session.facts;
  json::object out;
  for (const TextField& field : kTexts) out[field.key] = facts.*field.member;
  out["owner"] = facts.owner.name;
  out["owner_is_user"] = facts.owner.is_user;
  if (facts.port) out["port"] = *facts.port;
  if (facts.rule_limit) out["rule_limit_ms"] = facts.rule_limit->count();
  if (facts.request) out["request"] = render_request(*facts.request);
  out["state"] = kStates.at(static_cast<std::size_t>(session.state));
  out["started"] = to_number(session.started);
  out["account_since"] = to_number(session.account_since);
  out["wait_until"] = to_number(session.wait_until);
  out["ended_at"] = to_number(session.ended_at);
  if (session.lost_at) out["lost_at"] = to_number(*session.lost_at);
  out["lost_by"] = name(session.lost_by);
  out["closed_by"] = name(session.closed_by);
  out["recorded"] = session.recorded;
  out["bytes_up"] = session.bytes_up;
  out["bytes_down"] = session.bytes_down;
  out["channels"] = session.channels;
  out["saved"] = to_number(now);
  return json::serialize(out);
}

std::optional<Session> parse_session(std::string_view text) {
  try {
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    if (error || !value.is_object()) return std::nullopt;
    Session session;
    read_facts(value.as_object(), session.facts);
    read_state(value.as_object(), session);
    if (session.facts.id.empty()) return std::nullopt;
    return session;
  } catch (const std::exception&) {
    // A member that is missing or of another type.
    return std::nullopt;
  }
}

}  // namespace ssmgate::flow
