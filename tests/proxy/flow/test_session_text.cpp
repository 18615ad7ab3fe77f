#include <doctest/doctest.h>

#include "flow/session_answer.hpp"
#include "flow/session_request.hpp"
#include "flow/session_text.hpp"

#include <zlib.h>

using namespace ssmgate;
using namespace ssmgate::flow;

namespace {

bool relays(const SessionRequest& request, const Policy& policy, SessionTime now) {
  return judge_again(request, policy, now).effect == Effect::relay;
}

std::string pack(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string in = text;
  std::string out(text.size() + 256, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string answer(const std::string& url) {
  return R"({"SessionId":"alice-01","TokenValue":"secret","StreamUrl":")" + url + "\"}";
}

Session example() {
  Session session;
  SessionFacts& facts = session.facts;
  facts.id = "alice-01";
  facts.channel_host = "ssmmessages.us-east-1.amazonaws.com";
  facts.owner = {"alice", true};
  facts.rule = "orders";
  facts.target = "i-0123456789abcdef0";
  facts.port = 5432;
  facts.rule_limit = std::chrono::hours(1);
  Caller caller;
  caller.user = "alice";
  caller.unix_groups = {"staff", "dba"};
  Claims claims;
  claims.operation = "StartSession";
  claims.region = "us-east-1";
  facts.request = make_session_request(caller, claims, R"({"Target":"i-0123456789abcdef0"})",
                                       "SSM-SessionManagerRunShell");
  session.started = SessionTime(std::chrono::hours(500'000));
  session.account_since = session.started;
  session.state = Session::State::attached;
  session.bytes_up = 18'446'744'073'709'551'615ULL;
  session.channels = 3;
  return session;
}

}  // namespace

TEST_CASE("a session's text holds all that is needed to go on") {
  const Session session = example();
  const SessionTime saved = session.started + std::chrono::minutes(3);
  const auto read = parse_session(render_session(session, account_of(session), saved));
  REQUIRE(read);
  CHECK(read->facts.id == "alice-01");
  CHECK(read->facts.owner == session.facts.owner);
  CHECK(read->facts.rule == "orders");
  CHECK(read->facts.port == 5432);
  CHECK(read->facts.rule_limit == std::chrono::hours(1));
  CHECK(read->started == session.started);
  CHECK(read->bytes_up == session.bytes_up);
  CHECK(read->channels == 3);
  REQUIRE(read->facts.request != nullptr);
  CHECK(read->facts.request->caller.user == "alice");
  CHECK(read->facts.request->caller.unix_groups == std::vector<std::string>{"staff", "dba"});
  // Whoever was attached lost the channel to the end of the gateway.
  CHECK(read->state == Session::State::waiting);
  CHECK(read->lost_by == Closer::shutdown);
  CHECK(read->lost_at == saved);
}

TEST_CASE("of a session that is not live, when it ended is kept; of one that is, nothing is") {
  Session session = example();
  session.ended_at = session.started + std::chrono::minutes(2);
  session.closed_by = Closer::client;
  for (const auto state : {Session::State::dormant, Session::State::ended}) {
    session.state = state;
    const auto read = parse_session(render_session(session, account_of(session), session.started));
    REQUIRE(read);
    CHECK(read->state == state);
    CHECK(read->ended_at == session.ended_at);
    CHECK(read->closed_by == Closer::client);
  }
  session.state = Session::State::waiting;
  CHECK(render_session(session, account_of(session), session.started).find("ended_at") ==
        std::string::npos);
}

TEST_CASE(
    "claims and caller of a request are those it was judged by, whatever the facts say later") {
  Session session = example();
  session.facts.region = "us-east-1";
  session.facts.access_key = "AKIAIOSFODNN7EXAMPLE";  // the request had none
  session.facts.client = "192.0.2.7";                 // somebody else resumed it
  const auto read = parse_session(render_session(session, account_of(session), session.started));
  REQUIRE(read);
  const SessionRequest& request = *read->facts.request;
  CHECK(request.asked.claims.access_key.empty());
  CHECK(request.asked.claims.region == "us-east-1");
  CHECK(request.caller.client == session.facts.request->caller.client);
  CHECK(read->facts.client == "192.0.2.7");
}

TEST_CASE("what is no session's text is none") {
  const std::string good = render_session(example(), StoredAccount(), SessionTime());
  CHECK_FALSE(parse_session(""));
  CHECK_FALSE(parse_session("[]"));
  CHECK_FALSE(parse_session("{}"));
  CHECK_FALSE(parse_session(good.substr(0, good.size() - 1)));
  std::string other = good;
  other.replace(other.find("\"attached\""), 10, "\"detached\"");
  CHECK_FALSE(parse_session(other));
}

TEST_CASE("a session is judged again by another policy") {
  const auto request = example().facts.request;
  REQUIRE(request != nullptr);
  const auto shell = load_policy(
      "version: 1\nallow:\n- id: s\n  users: [alice]\n  documents: "
      "[SSM-SessionManagerRunShell]\n  expires: 2026-12-01\n");
  const auto none = load_policy("version: 1\nallow: []\n");
  REQUIRE(shell.policy);
  REQUIRE(none.policy);
  const SessionTime before{std::chrono::sys_days{std::chrono::year(2026) / 11 / 30}};
  CHECK(relays(*request, *shell.policy, before));
  CHECK_FALSE(relays(*request, *none.policy, before));
  CHECK_FALSE(relays(*request, *shell.policy, before + std::chrono::hours(24)));
  const auto short_one = load_policy(
      "version: 1\nallow:\n- {id: s, documents: [SSM-SessionManagerRunShell], max_duration: 5m}\n");
  REQUIRE(short_one.policy);
  CHECK(judge_again(*request, *short_one.policy, before).max_duration == std::chrono::minutes(5));
}

TEST_CASE("another default document does not change what a session was started as") {
  const auto other = load_policy(
      "version: 1\ndefault_document: My-Shell\nallow:\n- id: s\n  "
      "documents: [My-Shell]\n");
  REQUIRE(other.policy);
  CHECK_FALSE(relays(*example().facts.request, *other.policy, SessionTime()));
}

TEST_CASE("the session and the host of an answer") {
  const std::string path = "/v1/data-channel/alice-01?role=publish_subscribe";
  for (const std::string& url : {"wss://ssmmessages.us-east-1.amazonaws.com" + path,
                                 "wss://SSMMESSAGES.us-east-1.amazonaws.com:443" + path,
                                 std::string("wss://ssmmessages.us-east-1.amazonaws.com."),
                                 std::string("wss://ssmmessages.us-east-1.amazonaws.com?x")}) {
    CAPTURE(url);
    const auto read = read_session_answer(answer(url), "");
    REQUIRE(read);
    CHECK(read->session_id == "alice-01");
    CHECK(read->channel_host == "ssmmessages.us-east-1.amazonaws.com");
  }
  CHECK(read_session_answer(answer("wss://[2001:db8::1]:443/"), "")->channel_host == "2001:db8::1");
  for (const char* url : {"", "https://a.b/", "wss://", "wss:///", "wss://u@a.b/", "wss://a b/"}) {
    CAPTURE(url);
    CHECK_FALSE(read_session_answer(answer(url), ""));
  }
  CHECK_FALSE(read_session_answer("{}", ""));
  CHECK_FALSE(read_session_answer("[", ""));
}

TEST_CASE("a packed answer is read aside") {
  const std::string text = answer("wss://a.b/");
  CHECK(read_session_answer(pack(text), "gzip"));
  CHECK_FALSE(read_session_answer(text, "gzip"));
  CHECK_FALSE(read_session_answer(text, "br"));
  CHECK(read_session_answer(text, "identity"));
  const std::string packed = pack(text);
  CHECK_FALSE(read_session_answer(packed.substr(0, packed.size() - 1), "gzip"));
  CHECK(unpack_gzip(pack(std::string(1000, 'x')), 1000) == std::string(1000, 'x'));
  CHECK_FALSE(unpack_gzip(pack(std::string(1001, 'x')), 1000));
  CHECK_FALSE(unpack_gzip(pack(std::string(50'000'000, 'x')), 64 * 1024));
}
