#include "flow/session_text.hpp"

#include <array>

#include <boost/json.hpp>

#include "flow/session_request.hpp"
#include "wire/json.hpp"

namespace ssmgate::flow {
namespace json = boost::json;
namespace {

using std::chrono::milliseconds;
using State = Session::State;

// Of most sessions. What is empty is left out, so that one is below the 1,002 bytes beyond which
// SQLite writes two pages for it.
constexpr std::size_t kUsualSize = 1024;

constexpr std::array<std::string_view, 4> kStates = {"waiting", "attached", "dormant", "ended"};

struct TextField {
  wire::JsonName key;
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

// What the facts say as well is left out, and so is what is absent.
std::string render_request(const SessionRequest& request, const SessionFacts& facts) {
  const Caller& caller = request.caller;
  const Claims& claims = request.asked.claims;
  wire::JsonObject out(request.body.size() + 256);
  const auto differing = [&out](wire::JsonName key, std::string_view text, std::string_view fact) {
    if (text != fact) out.text(key, text);
  };
  out.text("body", request.body).text("default_document", request.default_document);
  differing("access_key", claims.access_key, facts.access_key);
  differing("account", claims.account, facts.account);
  differing("region", claims.region, facts.region);
  differing("client", render_ip_address(caller.client), facts.client);
  if (caller.user) out.text("user", *caller.user);
  if (caller.unix_user) out.text("unix_user", *caller.unix_user);
  if (!caller.unix_groups.empty()) out.texts("unix_groups", caller.unix_groups);
  return out.done();
}

std::optional<std::string> read_optional(const json::object& in, std::string_view key) {
  const auto* value = in.if_contains(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  return std::string(value->as_string());
}

std::string read_text(const json::object& in, std::string_view key) {
  return std::string(in.at(key).as_string());
}

std::shared_ptr<const SessionRequest> read_request(const json::object& in,
                                                   const SessionFacts& facts) {
  Caller caller;
  caller.user = read_optional(in, "user");
  caller.unix_user = read_optional(in, "unix_user");
  if (const auto* groups = in.if_contains("unix_groups")) {
    for (const json::value& group : groups->as_array()) {
      caller.unix_groups.emplace_back(group.as_string());
    }
  }
  const auto client = parse_ip_address(read_optional(in, "client").value_or(facts.client));
  if (!client) return nullptr;
  caller.client = *client;
  Claims claims;
  claims.operation = "StartSession";
  claims.access_key = read_optional(in, "access_key").value_or(facts.access_key);
  claims.account = read_optional(in, "account").value_or(facts.account);
  claims.region = read_optional(in, "region").value_or(facts.region);
  return make_session_request(std::move(caller), std::move(claims), read_text(in, "body"),
                              read_text(in, "default_document"));
}

void read_facts(const json::object& in, SessionFacts& facts) {
  for (const TextField& field : kTexts) {
    facts.*field.member = read_optional(in, field.key.text()).value_or("");
  }
  facts.owner.name = read_text(in, "owner");
  facts.owner.is_user = in.at("owner_is_user").as_bool();
  if (const auto* port = in.if_contains("port")) {
    facts.port = port->to_number<std::uint16_t>();
  }
  if (const auto* limit = in.if_contains("rule_limit_ms")) {
    facts.rule_limit = milliseconds(limit->to_number<std::int64_t>());
  }
  if (const auto* request = in.if_contains("request")) {
    facts.request = read_request(request->as_object(), facts);
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
  const auto closer = [&in](std::string_view key) {
    return find_closer(read_optional(in, key).value_or(""));
  };
  session.started = time("started");
  session.account_since = time("account_since");
  session.wait_until = time("wait_until");
  if (in.contains("ended_at")) session.ended_at = time("ended_at");
  if (in.contains("lost_at")) session.lost_at = time("lost_at");
  session.lost_by = closer("lost_by");
  session.closed_by = closer("closed_by");
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

std::string render_session(const Session& session, const StoredAccount& account, SessionTime now) {
  const SessionFacts& facts = session.facts;
  wire::JsonObject out(kUsualSize);
  const auto text = [&out](wire::JsonName key, std::string_view value) {
    if (!value.empty()) out.text(key, value);
  };
  for (const TextField& field : kTexts) text(field.key, facts.*field.member);
  out.text("owner", facts.owner.name).truth("owner_is_user", facts.owner.is_user);
  if (facts.port) out.number("port", *facts.port);
  if (facts.rule_limit) out.number("rule_limit_ms", facts.rule_limit->count());
  if (facts.request) out.raw("request", render_request(*facts.request, facts));
  out.text("state", kStates.at(static_cast<std::size_t>(session.state)))
      .number("started", to_number(session.started))
      .number("account_since", to_number(session.account_since))
      .number("wait_until", to_number(session.wait_until));
  if (!session.is_live()) out.number("ended_at", to_number(session.ended_at));
  if (session.lost_at) out.number("lost_at", to_number(*session.lost_at));
  text("lost_by", name(session.lost_by));
  text("closed_by", name(session.closed_by));
  out.truth("recorded", account.recorded)
      .number("bytes_up", account.bytes_up)
      .number("bytes_down", account.bytes_down)
      .number("channels", session.channels)
      .number("saved", to_number(now));
  return out.done();
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
