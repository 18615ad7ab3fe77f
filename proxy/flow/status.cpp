#include "flow/status.hpp"

#include <algorithm>

#include "config/values.hpp"
#include "flow/listener_ends.hpp"
#include "flow/warnings.hpp"
#include "ssmgate/rules/summary.hpp"
#include "wire/json.hpp"

namespace ssmgate::flow {
namespace {

using wire::JsonObject;
using TimePoint = std::chrono::system_clock::time_point;
using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;

// LIMIT: the loop's own beat comes every 5 s.
constexpr std::chrono::seconds kDeadAfter{30};
// What ends within that many days is worth a word.
constexpr std::int64_t kSoon = 14;

std::int64_t days_until(TimePoint end, TimePoint now) {
  return std::chrono::floor<Days>(end - now).count();
}

std::int64_t seconds_since(TimePoint begin, TimePoint now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now - begin).count();
}

std::string audit_trouble(const Generation& running) {
  const auto sinks = running.audit->sinks();
  const bool takes =
      std::ranges::any_of(sinks, [](const state::SinkState& sink) { return sink.trouble.empty(); });
  return takes ? "" : "`" + sinks.front().name + "`: " + sinks.front().trouble;
}

std::string render_policy(const Generation& running, const History::Snapshot& past, TimePoint now) {
  const PolicySummary summary = summarize(*running.policy);
  const auto report_left =
      summary.report_until ? std::optional(days_until(*summary.report_until, now)) : std::nullopt;
  std::optional<std::string> file;
  if (running.config.policy) file = running.config.policy->string();
  const bool reports = summary.report_until && *summary.report_until > now;
  return JsonObject()
      .text_or_null("file", file)
      .text("revision", running.policy->revision())
      .text("since", state::render_time(past.policy_since))
      .number("age_s", seconds_since(past.policy_since, now))
      .text("mode", reports ? "report" : "enforce")
      .number_or_null("report_days_left", reports ? report_left : std::nullopt)
      .number("allow_rules", summary.allow.size())
      .number("deny_rules", summary.deny.size())
      .done();
}

std::string render_listeners(const Gateway& gateway, const Generation& running) {
  std::vector<std::string> values;
  const Gateway::Addresses bound = gateway.listeners();
  for (std::size_t i = 0; i < std::min(bound.size(), running.config.listen.size()); ++i) {
    const config::Listener& listener = running.config.listen[i];
    values.push_back(JsonObject()
                         .text("address", config::render_socket_address(bound[i]))
                         .text("auth", config::name(listener.auth))
                         .truth("tls", listener.tls.has_value())
                         .done());
  }
  return wire::json_array(values);
}

std::string render_audit(const Generation& running) {
  std::vector<std::string> sinks;
  for (const state::SinkState& sink : running.audit->sinks()) {
    sinks.push_back(JsonObject()
                        .text("name", sink.name)
                        .truth("ok", sink.trouble.empty())
                        .text("trouble", sink.trouble)
                        .number("waiting", sink.waiting)
                        .number("taken", sink.taken)
                        .number("lost", sink.lost)
                        .done());
  }
  const bool refuses = running.config.audit.on_failure == config::Audit::OnFailure::refuse;
  return JsonObject()
      .text("on_failure", refuses ? "refuse" : "continue")
      .raw("sinks", wire::json_array(sinks))
      .done();
}

std::uint64_t sum_of(const std::array<state::Count, state::kCodes + 1>& counts) {
  std::uint64_t sum = 0;
  for (const state::Count& count : counts) sum += count.load(std::memory_order_relaxed);
  return sum;
}

std::string render_counts(const StatusSource& source) {
  const state::Metrics& metrics = source.gateway.observations->metrics;
  const auto decided = [&](state::Verdict verdict) {
    return sum_of(metrics.decisions[static_cast<std::size_t>(verdict)]);
  };
  const state::Metrics::Decided by_rules = metrics.decided_by_rules();
  return JsonObject()
      .number("connections", source.admission.count())
      .number("tunnels", metrics.tunnels.load())
      .number("sessions", source.gateway.sessions.count_live())
      .number("allowed", decided(state::Verdict::allow) + by_rules.allowed)
      .number("denied", decided(state::Verdict::deny) + by_rules.denied)
      .number("malformed", decided(state::Verdict::malformed))
      .number("relayed", decided(state::Verdict::relay))
      .number("reported", metrics.reported.load())
      .number("audit_lost", metrics.audit_lost.load())
      .done();
}

std::string render_reload(const std::optional<History::LastReload>& last,
                          const std::vector<std::string>& lines) {
  if (!last) return "null";
  return JsonObject()
      .text("time", state::render_time(last->time))
      .text("asked_by", last->report.asked_by)
      .truth("taken", last->report.taken)
      .texts("lines", lines)
      .done();
}

std::string render_last(const std::optional<History::LastReload>& reload) {
  return render_reload(reload, reload ? reload->report.all_lines() : std::vector<std::string>());
}

// Its warnings may be mended since.
std::string render_change(const std::optional<History::LastReload>& change) {
  return render_reload(change, change ? change->report.lines : std::vector<std::string>());
}

// In words, what an operator has to do something about; none: healthy.
std::vector<std::string> find_problems(const StatusSource& source, const History::Snapshot& past) {
  std::vector<std::string> problems;
  if (!is_alive(source.history)) problems.emplace_back("the event loop does not turn");
  for (const Check& check : check_ready(source)) {
    if (!check.trouble.empty())
      problems.push_back(std::string(check.name.text()) + ": " + check.trouble);
  }
  const GenerationPtr running = source.gateway.current();
  for (const state::SinkState& sink : running->audit->sinks()) {
    const std::string line = "audit: `" + sink.name + "`: " + sink.trouble;
    if (!sink.trouble.empty() && std::ranges::find(problems, line) == problems.end()) {
      problems.push_back(line);
    }
  }
  if (past.reload && !past.reload->report.taken && !past.reload->report.lines.empty()) {
    problems.push_back("the last reload was refused: " + past.reload->report.lines.front());
  }
  const TimePoint now = source.gateway.now();
  const std::int64_t ca_days = days_until(running->authority->root_expiry(), now);
  if (ca_days >= 0 && ca_days < kSoon) {
    problems.push_back("ca: " + std::to_string(ca_days) + " days left; see `ssmgate ca rotate`");
  }
  return problems;
}

}  // namespace

bool is_alive(const History& history) noexcept {
  return history.since_beat() < kDeadAfter;
}

std::vector<Check> check_ready(const StatusSource& source) {
  const GenerationPtr running = source.gateway.current();
  std::vector<Check> checks = {
      {"policy", ""}, {"ca", ""}, {"audit", ""}, {"sessions", ""}, {"listeners", ""}};
  if (running->authority->root_expiry() <= source.gateway.now()) {
    checks[1].trouble = "`" + running->config.ca_certificate.string() + "` has expired";
  }
  // With `continue` a gateway does its work without a record.
  if (running->config.audit.on_failure == config::Audit::OnFailure::refuse) {
    checks[2].trouble = audit_trouble(*running);
  }
  checks[3].trouble = source.gateway.sessions.trouble();
  if (source.history.snapshot().ending) checks[4].trouble = "the gateway is about to end";
  return checks;
}

bool is_healthy(const StatusSource& source) {
  return find_problems(source, source.history.snapshot()).empty();
}

std::string render_status(const StatusSource& source) {
  const GenerationPtr running = source.gateway.current();
  const History::Snapshot past = source.history.snapshot();
  const TimePoint now = source.gateway.now();
  const std::vector<std::string> problems = find_problems(source, past);
  std::vector<std::string> warnings = find_warnings(running->config, *running->policy);
  warnings.insert(warnings.end(), past.next_start.begin(), past.next_start.end());
  const std::vector<std::string> ends = find_listener_ends(running->entrances, now);
  warnings.insert(warnings.end(), ends.begin(), ends.end());
  std::optional<std::string> file;
  if (past.file) file = past.file->string();
  const auto expiry = running->authority->root_expiry();
  return JsonObject()
      .truth("healthy", problems.empty())
      .texts("problems", problems)
      .texts("warnings", warnings)
      .text("version", SSMGATE_VERSION)
      .text("time", state::render_time(now))
      .text("started", state::render_time(past.started))
      .number("uptime_s", seconds_since(past.started, now))
      .text_or_null("configuration", file)
      .raw("policy", render_policy(*running, past, now))
      .raw("listeners", render_listeners(source.gateway, *running))
      .raw("ca", JsonObject()
                     .text("certificate", running->config.ca_certificate.string())
                     .text("not_after", state::render_time(expiry))
                     .number("days_left", days_until(expiry, now))
                     .done())
      .raw("audit", render_audit(*running))
      .raw("counts", render_counts(source))
      .raw("reload", render_last(past.reload))
      .raw("change", render_change(past.change))
      .done();
}

}  // namespace ssmgate::flow
