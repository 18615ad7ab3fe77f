#include "flow/page_routes.hpp"

#include <map>
#include <memory>

#include "admin/page.hpp"
#include "flow/asked_fields.hpp"
#include "flow/metrics_text.hpp"
#include "state/observations.hpp"
#include "wire/json.hpp"

namespace ssmgate::flow {
namespace {

using admin::Access;
using admin::Answer;
using wire::JsonObject;

std::string render_rules(const StatusSource& source) {
  std::vector<std::string> rules;
  for (const auto& rule : source.gateway.observations->metrics.rules()) {
    rules.push_back(JsonObject()
                        .text("id", rule->id)
                        .text("effect", rule->denies ? "deny" : "allow")
                        .number("decided", rule->decided.load())
                        .number("reported", rule->reported.load())
                        .done());
  }
  // The last two stand for the rules that are not counted by their ids.
  std::string others = rules.size() < 2 ? "[]" : wire::json_array({rules.end() - 2, rules.end()});
  if (rules.size() >= 2) rules.resize(rules.size() - 2);
  return JsonObject()
      .text("revision", source.gateway.current()->policy->revision())
      .raw("rules", wire::json_array(rules))
      .raw("others", others)
      .done();
}

std::string render_refusal(const state::Refusal& refusal) {
  JsonObject object;
  object.number("number", refusal.number)
      .text("time", state::render_time(refusal.time))
      .text("request_id", refusal.request_id)
      .text("who", refusal.who)
      .text("decision", refusal.decision)
      .text("effect", refusal.effect)
      .text("code", refusal.code)
      .text("operation", refusal.operation);
  add_asked(object, refusal);
  return object.text("nearest", refusal.nearest).text("message", refusal.message).done();
}

std::string render_refusals(const StatusSource& source) {
  const state::Refusals& refusals = source.gateway.observations->refusals;
  std::vector<std::string> latest;
  for (const state::Refusal& refusal : refusals.latest()) latest.push_back(render_refusal(refusal));
  std::vector<std::string> minutes;
  for (const state::MinuteCount& count : refusals.minutes(source.gateway.now())) {
    minutes.push_back("[" + std::to_string(count.minute * 60) + "," + std::to_string(count.denied) +
                      "," + std::to_string(count.malformed) + "]");
  }
  return JsonObject()
      .raw("latest", wire::json_array(latest))
      .raw("minutes", wire::json_array(minutes))
      .done();
}

Answer json_answer(const std::string& json) {
  Answer answer;
  answer.body = json + "\n";
  return answer;
}

// SOURCE: HTML Standard, server-sent events: a name, a line of data, an empty line.
// What has not changed since it was sent is not sent again.
class Feed {
 public:
  explicit Feed(const StatusSource& source) : source_(source) {}
  std::string next() {
    std::string text;
    add("status", render_status(source_), text);
    add("policy", render_rules(source_), text);
    add("refusals", render_refusals(source_), text);
    return text;
  }

 private:
  void add(const std::string& name, std::string json, std::string& text) {
    std::string& before = sent_[name];
    if (before == json) return;
    text += "event: " + name + "\ndata: " + json + "\n\n";
    before = std::move(json);
  }

  StatusSource source_;
  std::map<std::string, std::string> sent_;
};

Answer feed_answer(const StatusSource& source) {
  const auto feed = std::make_shared<Feed>(source);
  Answer answer;
  answer.type = "text/event-stream";
  answer.body = "retry: 2000\n\n" + feed->next();
  answer.feed = [feed] { return feed->next(); };
  return answer;
}

Answer page_answer() {
  Answer answer;
  answer.type = "text/html; charset=utf-8";
  answer.body = admin::page_text();
  answer.fields.emplace_back("Content-Security-Policy", admin::page_security());
  answer.fields.emplace_back("X-Frame-Options", "DENY");
  return answer;
}

Answer metrics_answer(const StatusSource& source) {
  Answer answer;
  answer.type = kMetricsType;
  answer.body = render_metrics(source);
  return answer;
}

}  // namespace

void add_page_routes(admin::Router& router, const StatusSource& source) {
  router.answer("GET", "/", Access::read, [](const admin::Call&) { return page_answer(); });
  router.answer("GET", "/metrics", Access::read,
                [source](const admin::Call&) { return metrics_answer(source); });
  router.answer("GET", "/v1/policy", Access::read,
                [source](const admin::Call&) { return json_answer(render_rules(source)); });
  router.answer("GET", "/v1/refusals", Access::read,
                [source](const admin::Call&) { return json_answer(render_refusals(source)); });
  router.answer("GET", "/v1/events", Access::read,
                [source](const admin::Call&) { return feed_answer(source); });
}

}  // namespace ssmgate::flow
