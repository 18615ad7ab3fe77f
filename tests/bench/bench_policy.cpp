// What the judgement costs: decode, decide, load and batch, and how they grow with the rules.
//
//   scripts/bench policy
#include <functional>

#include <benchmark/benchmark.h>

#include "ssmgate/rules/decide.hpp"
#include "ssmgate/tools/eval.hpp"
#include "support/capture.hpp"

using namespace ssmgate;

namespace {

constexpr std::string_view kRemoteHost = "AWS-StartPortForwardingSessionToRemoteHost";

// One way in which the rules of a policy differ from each other.
struct Shape {
  std::function<std::string(int)> criteria;  // of rule i: everything but its id
  std::function<std::string(int)> body;      // a request that only rule i allows
  std::function<Caller(int)> caller = [](int) { return Caller{}; };
};

std::string number(int i) {
  return std::to_string(i);
}

std::string target(int i) {
  std::string digits = number(i);
  return "i-" + std::string(17 - digits.size(), '0') + digits;
}

std::string body(std::string_view document, std::string_view to, std::string_view host) {
  std::string out = "{\"Target\": \"" + std::string(to) + "\", \"DocumentName\": \"";
  out.append(document).append("\", \"Parameters\": {\"host\": [\"").append(host);
  return out + "\"], \"portNumber\": [\"5432\"]}}";
}

std::string host(int i) {
  return "db-" + number(i) + ".example.com";
}

std::string documents(std::string_view name) {
  return "documents: [" + std::string(name) + "]";
}

Caller user(int i) {
  Caller caller;
  caller.user = "user-" + number(i);
  return caller;
}

// 100 documents of the caller's own, and a host for each rule.
Shape hundred_documents() {
  const auto document = [](int i) { return "Team-Document-" + number(i % 100); };
  return {
      [=](int i) { return documents(document(i)) + ", hosts: [" + host(i) + "], ports: [5432]"; },
      [=](int i) { return body(document(i), target(1), host(i)); }};
}

Shape one_document(const std::function<std::string(int)>& criteria,
                   const std::function<std::string(int)>& asked) {
  return {[=](int i) { return documents(kRemoteHost) + ", ports: [5432], " + criteria(i); }, asked};
}

Shape distinct_hosts() {
  return one_document([](int i) { return "hosts: [" + host(i) + "]"; },
                      [](int i) { return body(kRemoteHost, target(1), host(i)); });
}

Shape distinct_patterns() {
  return one_document(
      [](int i) { return "hosts: [\"db-" + number(i) + ".cluster-*.rds.amazonaws.com\"]"; },
      [](int i) {
        return body(kRemoteHost, target(1), "db-" + number(i) + ".cluster-x.rds.amazonaws.com");
      });
}

Shape distinct_blocks() {
  const auto block = [](int i) { return "10." + number(i / 256) + "." + number(i % 256); };
  return one_document([=](int i) { return "hosts: [" + block(i) + ".0/24]"; },
                      [=](int i) { return body(kRemoteHost, target(1), block(i) + ".7"); });
}

Shape distinct_targets() {
  return one_document([](int i) { return "hosts: any, targets: [" + target(i) + "]"; },
                      [](int i) { return body(kRemoteHost, target(i), host(1)); });
}

Shape distinct_users() {
  Shape shape = one_document([](int i) { return "hosts: any, users: [user-" + number(i) + "]"; },
                             [](int) { return body(kRemoteHost, target(1), host(1)); });
  shape.caller = user;
  return shape;
}

// Everything differs: what no rule shares with another.
Shape distinct_everything() {
  Shape shape = one_document(
      [](int i) {
        return "hosts: [" + host(i) + "], targets: [" + target(i) + "], users: [user-" + number(i) +
               "]";
      },
      [](int i) { return body(kRemoteHost, target(i), host(i)); });
  shape.caller = user;
  return shape;
}

// Nothing exact to find a rule by.
Shape globbed_targets() {
  return one_document(
      [](int i) { return "hosts: any, targets: [\"" + target(i).substr(0, 18) + "*\"]"; },
      [](int i) { return body(kRemoteHost, target(i), host(1)); });
}

std::string policy_text(const Shape& shape, int rules) {
  std::string out = "version: 1\nallow:\n";
  for (int i = 0; i < rules; ++i) {
    out += "  - {id: rule-" + number(i) + ", " + shape.criteria(i) + "}\n";
  }
  return out;
}

AwsRequest request(const Policy& policy, const std::string& text) {
  AwsRequest out;
  out.claims.operation = "StartSession";
  out.claims.region = "us-east-1";
  auto session = decode_start_session(text, policy.default_document(), {"us-east-1", "aws"});
  if (session) out.what = std::move(*session);
  return out;
}

void run_decide(benchmark::State& state, const Shape& shape, int asked, Code expected) {
  const int rules = static_cast<int>(state.range(0));
  const LoadedPolicy loaded = load_policy(policy_text(shape, rules));
  if (!loaded.policy) return state.SkipWithError("the policy does not load");
  const int rule = asked < 0 ? rules + asked : asked;
  const AwsRequest asks = request(*loaded.policy, shape.body(rule));
  const Caller caller = shape.caller(rule);
  if (finding(decide(*loaded.policy, caller, asks)).code != expected) {
    return state.SkipWithError("another decision than expected");
  }
  for (auto _ : state) benchmark::DoNotOptimize(decide(*loaded.policy, caller, asks));
}

// The last rule allows.
void allow(benchmark::State& state, Shape (*shape)()) {
  run_decide(state, shape(), -1, Code::allowed);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}

// No rule allows, and the nearest is looked for among all of the document.
void refuse(benchmark::State& state, Shape (*shape)()) {
  Shape made = shape();
  made.body = [ask = made.body](int i) { return replaced(ask(i), host(i), "nowhere.example.org"); };
  run_decide(state, made, -1, Code::no_rule);
}

// A refusal on two criteria: no rule is so near that the search may end.
void refuse_far(benchmark::State& state, Shape (*shape)()) {
  Shape made = shape();
  made.body = [](int) {
    std::string text = body(kRemoteHost, "mi-0123456789abcdef0", "nowhere.example.org");
    return replaced(text, "5432", "5433");
  };
  run_decide(state, made, -1, Code::no_rule);
}

BENCHMARK_CAPTURE(allow, documents_100, hundred_documents)->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(allow, hosts, distinct_hosts)->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(allow, host_patterns, distinct_patterns)->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(allow, host_blocks, distinct_blocks)->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(allow, targets, distinct_targets)->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(allow, users, distinct_users)->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(allow, everything, distinct_everything)->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(allow, target_globs, globbed_targets)->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(refuse, documents_100, hundred_documents)->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(refuse, hosts, distinct_hosts)->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(refuse_far, hosts, distinct_hosts)->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(refuse_far, host_patterns, distinct_patterns)->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(refuse_far, everything, distinct_everything)->Arg(10)->Arg(10'000);

void decode(benchmark::State& state) {
  const test::Capture capture("awscli1-remote-host");
  const std::string_view text = capture.request().body;
  const Place place{"us-east-1", "aws"};
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        decode_start_session(text, "SSM-SessionManagerRunShell", place).has_value());
  }
}
BENCHMARK(decode);

void decode_and_decide(benchmark::State& state) {
  const test::Capture capture("awscli1-remote-host");
  const auto loaded = load_policy(policy_text(distinct_hosts(), static_cast<int>(state.range(0))) +
                                  "  - {id: real, documents: [" + std::string(kRemoteHost) +
                                  "], hosts: [db.internal.example.com], ports: [5432]}\n");
  const Authority authority{"localhost", "localhost", "us-east-1", "aws"};
  const Caller caller;
  HttpRequest sent = capture.request();
  for (HttpField& field : sent.fields) {
    if (field.name == "Host") field.value = authority.connect_host;
  }
  const AwsRequest probe = decode_aws_request(sent, authority, loaded.policy->default_document());
  if (finding(decide(*loaded.policy, caller, probe)).rule != "real") {
    return state.SkipWithError(finding(decide(*loaded.policy, caller, probe)).message.c_str());
  }
  for (auto _ : state) {
    const AwsRequest asks = decode_aws_request(sent, authority, loaded.policy->default_document());
    benchmark::DoNotOptimize(decide(*loaded.policy, caller, asks));
  }
}
BENCHMARK(decode_and_decide)->Arg(10)->Arg(10'000);

void load(benchmark::State& state, Shape (*shape)()) {
  const std::string text = policy_text(shape(), static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(load_policy(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(load, documents_100, hundred_documents)
    ->Arg(10)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load, everything, distinct_everything)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond);

void batch_line(benchmark::State& state) {
  const auto loaded = load_policy(policy_text(distinct_hosts(), static_cast<int>(state.range(0))));
  const std::string line =
      "{\"body\": " + body(kRemoteHost, target(1), host(1)) + ", \"user\": \"alice\"}";
  const tools::Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
  std::string out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(tools::evaluate_line(*loaded.policy, line, now, out));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(batch_line)->Arg(10)->Arg(10'000);

}  // namespace

BENCHMARK_MAIN();
