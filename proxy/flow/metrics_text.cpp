#include "flow/metrics_text.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "ssmgate/rules/summary.hpp"
#include "state/observations.hpp"

namespace ssmgate::flow {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using state::Verdict;
using Labels = std::vector<ClientMetric::Label>;
using Seconds = std::chrono::duration<double>;

double value_of(const state::Count& count) {
  return static_cast<double>(count.load(std::memory_order_relaxed));
}

class Exposition {
 public:
  // What follows belongs to it.
  Exposition& family(std::string name, std::string help, MetricType type) {
    families_.push_back(MetricFamily{"ssmgate_" + std::move(name), std::move(help), type, {}});
    return *this;
  }
  Exposition& value(double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = value;
    metric.gauge.value = value;
    families_.back().metric.push_back(std::move(metric));
    return *this;
  }
  Exposition& histogram(const state::Histogram& counts) {
    ClientMetric metric;
    std::uint64_t below = 0;
    const auto buckets = counts.buckets();
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      below += buckets[i];
      const bool last = i == state::Histogram::kBounds.size();
      const double bound =
          last ? std::numeric_limits<double>::infinity() : state::Histogram::kBounds[i];
      metric.histogram.bucket.push_back({below, bound});
    }
    metric.histogram.sample_count = below;
    metric.histogram.sample_sum = counts.sum();
    families_.back().metric.push_back(std::move(metric));
    return *this;
  }
  Exposition& counter(std::string name, std::string help, const state::Count& count) {
    return family(std::move(name), std::move(help), MetricType::Counter).value(value_of(count));
  }
  Exposition& gauge(std::string name, std::string help, double number) {
    return family(std::move(name), std::move(help), MetricType::Gauge).value(number);
  }
  [[nodiscard]] std::string text() const {
    std::ostringstream stream;
    prometheus::TextSerializer().Serialize(stream, families_);
    return stream.str();
  }

 private:
  std::vector<MetricFamily> families_;
};

// Series that would be nothing but zeros are left out: there are some 200 pairs. One is always
// there, so that a family is.
void add_verdicts(Exposition& all, const state::VerdictCounts& counts, bool with_rule) {
  for (std::size_t verdict = 0; verdict < state::kVerdicts; ++verdict) {
    for (std::size_t code = 0; code <= state::kNoCode; ++code) {
      const double value = value_of(counts[verdict][code]);
      const bool always = static_cast<Verdict>(verdict) == Verdict::relay && code == state::kNoCode;
      if (value == 0 && !always) continue;
      Labels labels = {{"decision", std::string(state::name(static_cast<Verdict>(verdict)))},
                       {"code", std::string(state::code_name(code))}};
      if (with_rule) labels.push_back({"rule", ""});
      all.value(value, std::move(labels));
    }
  }
}

void add_decisions(Exposition& all, const state::Metrics& metrics) {
  all.family("decisions_total", "Requests on SSM hosts, by what was decided and which rule did",
             MetricType::Counter);
  add_verdicts(all, metrics.decisions, true);
  for (const auto& rule : metrics.rules()) {
    const auto code = rule->denies ? Code::explicit_deny : Code::allowed;
    all.value(value_of(rule->decided), {{"decision", rule->denies ? "deny" : "allow"},
                                        {"code", std::string(name(code))},
                                        {"rule", rule->id}});
  }
  all.counter("reported_total", "Refusals that report mode let pass", metrics.reported);
  all.family("connects_total", "CONNECTs that became no request: tunnels, refusals, failures",
             MetricType::Counter);
  add_verdicts(all, metrics.connects, false);
}

void add_codes(Exposition& all, const std::array<state::Count, state::kCodes>& counts, Code first,
               Code last) {
  for (auto i = static_cast<std::size_t>(first); i <= static_cast<std::size_t>(last); ++i) {
    all.value(value_of(counts[i]), {{"code", std::string(state::code_name(i))}});
  }
}

void add_traffic(Exposition& all, const StatusSource& source, const Generation& running) {
  const state::Metrics& metrics = source.gateway.observations->metrics;
  all.gauge("connections", "Client connections that are open",
            static_cast<double>(source.admission.count()));
  all.gauge("tunnels", "Tunnels that are open, data channels included",
            static_cast<double>(metrics.tunnels.load()));
  all.gauge("sessions", "Sessions that have a data channel or wait for one",
            static_cast<double>(source.gateway.sessions.count_live()));
  all.counter("connections_accepted_total", "Client connections", metrics.accepted);
  all.counter("connections_over_limit_total", "Client connections that were hung up on at once",
              metrics.over_limit);
  all.family("tunnel_bytes_total", "Bytes of tunnels that have ended", MetricType::Counter)
      .value(value_of(metrics.bytes_up), {{"direction", "up"}})
      .value(value_of(metrics.bytes_down), {{"direction", "down"}});
  all.family("upstream_seconds", "From the permit to the end of the answer", MetricType::Histogram)
      .histogram(metrics.upstream_seconds);
  const PoolUse use = running.pool.use();
  all.family("upstream_connections_total",
             "Connections to SSM that requests took: kept warm, or opened for them",
             MetricType::Counter)
      .value(static_cast<double>(use.warm), {{"from", "pool"}})
      .value(static_cast<double>(use.opened), {{"from", "new"}});
  all.family("upstream_failures_total", "Requests and tunnels that failed on the way up",
             MetricType::Counter);
  add_codes(all, metrics.upstream_failures, Code::upstream_name, Code::upstream_protocol);
  all.family("handshake_failures_total", "TLS handshakes with clients that came to nothing",
             MetricType::Counter);
  for (std::size_t i = 0; i < state::kHandshakeTroubles; ++i) {
    const auto why = static_cast<state::HandshakeTrouble>(i);
    all.value(value_of(metrics.handshake_failures[i]), {{"reason", std::string(name(why))}});
  }
}

void add_audit(Exposition& all, const state::Metrics& metrics, const Generation& running) {
  all.family("audit_write_seconds", "Until a record that was waited for was down",
             MetricType::Histogram)
      .histogram(metrics.audit_write_seconds);
  all.counter("audit_lost_total", "Records that no sink took in time", metrics.audit_lost);
  const auto sinks = running.audit->sinks();
  all.family("audit_sink_up", "1 while the sink takes records", MetricType::Gauge);
  for (const auto& sink : sinks) all.value(sink.trouble.empty() ? 1 : 0, {{"sink", sink.name}});
  all.family("audit_waiting_records", "Records that wait for the sink", MetricType::Gauge);
  for (const auto& sink : sinks)
    all.value(static_cast<double>(sink.waiting), {{"sink", sink.name}});
  all.family("audit_sink_records_total", "Records by what became of them at the sink",
             MetricType::Counter);
  for (const auto& sink : sinks) {
    all.value(static_cast<double>(sink.taken), {{"sink", sink.name}, {"result", "taken"}});
    all.value(static_cast<double>(sink.lost), {{"sink", sink.name}, {"result", "lost"}});
  }
}

void add_policy(Exposition& all, const StatusSource& source, const Generation& running) {
  const auto now = source.gateway.now();
  const History::Snapshot past = source.history.snapshot();
  const PolicySummary summary = summarize(*running.policy);
  const bool reports = summary.report_until && *summary.report_until > now;
  all.family("policy_info", "1; the policy that is in force", MetricType::Gauge)
      .value(1,
             {{"revision", running.policy->revision()}, {"mode", reports ? "report" : "enforce"}});
  all.gauge("policy_age_seconds", "Since the policy was put in force",
            Seconds(now - past.policy_since).count());
  if (reports) {
    all.gauge("policy_report_days_left", "Until the policy's `mode: report` ends",
              Seconds(*summary.report_until - now).count() / 86400);
  }
  const state::Metrics& metrics = source.gateway.observations->metrics;
  all.family("reloads_total", "Reloads that were asked for", MetricType::Counter)
      .value(value_of(metrics.reloads_taken), {{"result", "taken"}})
      .value(value_of(metrics.reloads_refused), {{"result", "refused"}});
  all.gauge("reload_refused", "1 while the last reload was refused",
            past.reload && !past.reload->report.taken ? 1 : 0);
  all.gauge("ca_days_left", "Until the CA in force expires",
            Seconds(running.authority->root_expiry() - now).count() / 86400);
  all.gauge("healthy", "1 while `ssmgate status` says so", is_healthy(source) ? 1 : 0);
  all.gauge("start_time_seconds", "When the gateway was started, since 1970",
            Seconds(past.started.time_since_epoch()).count());
  all.family("build_info", "1; what runs", MetricType::Gauge)
      .value(1, {{"version", SSMGATE_VERSION}});
}

// SOURCE: proc(5): /proc/self/statm counts pages; the second number is what is resident.
void add_process(Exposition& all) {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  if (statm >> total >> resident) {
    all.gauge("resident_memory_bytes", "Memory of the process",
              resident * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  }
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  double open = 0;
  for (const std::filesystem::directory_iterator end; !error && entry != end;
       entry.increment(error)) {
    ++open;
  }
  if (!error) all.gauge("open_descriptors", "File descriptors of the process", open);
}

}  // namespace

std::string render_metrics(const StatusSource& source) {
  const GenerationPtr running = source.gateway.current();
  const state::Metrics& metrics = source.gateway.observations->metrics;
  Exposition all;
  add_decisions(all, metrics);
  all.family("malformed_total", "Requests and CONNECTs that could be read in two ways, or not",
             MetricType::Counter);
  add_codes(all, metrics.malformed, Code::target_header, Code::unsigned_request);
  add_traffic(all, source, *running);
  add_audit(all, metrics, *running);
  add_policy(all, source, *running);
  add_process(all);
  return all.text();
}

}  // namespace ssmgate::flow
