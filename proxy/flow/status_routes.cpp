#include "flow/status_routes.hpp"

#include <array>

#include <spdlog/spdlog.h>

#include "wire/json.hpp"

namespace ssmgate::flow {
namespace {

using admin::Access;
using admin::Answer;

Answer json_answer(int status, const std::string& json) {
  Answer answer;
  answer.status = status;
  answer.body = json + "\n";
  return answer;
}

Answer health_of(const History& history) {
  const bool alive = is_alive(history);
  return json_answer(alive ? 200 : 503, wire::JsonObject().truth("alive", alive).done());
}

Answer readiness_of(const StatusSource& source) {
  bool ready = true;
  wire::JsonObject checks;
  for (const Check& check : check_ready(source)) {
    ready = ready && check.trouble.empty();
    checks.text(check.name, check.trouble.empty() ? "ok" : check.trouble);
  }
  return json_answer(ready ? 200 : 503,
                     wire::JsonObject().truth("ready", ready).raw("checks", checks.done()).done());
}

Answer answer_to_reload(const ReloadReport& report) {
  return json_answer(report.taken ? 200 : 422,
                     wire::JsonObject()
                         .truth("taken", report.taken)
                         .truth("changed", report.taken && !report.lines.empty())
                         .texts("lines", report.all_lines())
                         .done());
}

struct LogLevel {
  std::string_view word;
  spdlog::level::level_enum level;
};
constexpr std::array kLogLevels = {
    LogLevel{"error", spdlog::level::err}, LogLevel{"warning", spdlog::level::warn},
    LogLevel{"info", spdlog::level::info}, LogLevel{"debug", spdlog::level::debug}};

Answer log_level() {
  for (const LogLevel& each : kLogLevels) {
    if (spdlog::get_level() == each.level) {
      return json_answer(200, wire::JsonObject().text("level", each.word).done());
    }
  }
  return json_answer(200, wire::JsonObject().text("level", "other").done());
}

Answer set_log_level(std::string_view word) {
  for (const LogLevel& each : kLogLevels) {
    if (each.word != word) continue;
    spdlog::set_level(each.level);
    spdlog::log(each.level, "the operator's log is at `{}` now", each.word);
    return log_level();
  }
  return admin::error_answer(422, "the body is `error`, `warning`, `info` or `debug`");
}

}  // namespace

void add_status_routes(admin::Router& router, const StatusSource& source,
                       std::function<void(ReloadDone)> reload) {
  router.answer("GET", "/healthz", Access::read,
                [source](const admin::Call&) { return health_of(source.history); });
  router.answer("GET", "/readyz", Access::read,
                [source](const admin::Call&) { return readiness_of(source); });
  router.answer("GET", "/v1/status", Access::read,
                [source](const admin::Call&) { return json_answer(200, render_status(source)); });
  router.answer("GET", "/v1/log-level", Access::read,
                [](const admin::Call&) { return log_level(); });
  router.answer("PUT", "/v1/log-level", Access::change,
                [](const admin::Call& call) { return set_log_level(call.request.body); });
  router.add("POST", "/v1/reload", Access::change,
             [reload = std::move(reload)](const admin::Call&, const admin::Reply& reply) {
               reload([reply](const ReloadReport& report) { reply(answer_to_reload(report)); });
             });
}

}  // namespace ssmgate::flow
