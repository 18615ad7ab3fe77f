// A policy file (and, behind a line `%%`, a StartSession body): it loads or it has errors, in words
// that may go to a terminal and at places of the file; what loads judges alike every time, and
// never lets a malformed body pass. What can be read at all reads as the same when it is written
// out, and a policy that is written out is the same policy.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "ssmgate/rules/decide.hpp"
#include "ssmgate/tools/eval.hpp"
#include "ssmgate/tools/lint.hpp"
#include "ssmgate/tools/render_yaml.hpp"
#include "support/fuzz_check.hpp"
#include "support/same_tree.hpp"

using namespace ssmgate;

namespace {

constexpr std::string_view kSeparator = "\n%%\n";
constexpr std::string_view kBody =
    R"({"Target":"i-0123456789abcdef0","DocumentName":"AWS-StartPortForwardingSessionToRemoteHost",)"
    R"("Parameters":{"host":["db.example.com"],"portNumber":["5432"]},"Reason":"OPS-1"})";

void check_diagnostics(const Diagnostics& diagnostics, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const Diagnostic& d : diagnostics) {
    FUZZ_CHECK(d.where.line >= 1 && d.where.line <= lines && d.where.column >= 1);
    FUZZ_CHECK(!d.text.empty() && escape_invisible(d.text) == d.text);
  }
}

// The rendering of what `text` says; empty when nothing can be read, or too much.
std::string check_rendering(std::string_view text) {
  Diagnostics faults;
  const auto tree = parse_tree(text, faults);
  if (!tree || has_errors(faults)) return {};
  std::string once = tools::render_yaml(*tree);
  if (once.size() > kMaxFileSize) return {};
  const auto again = parse_tree(once, faults);
  FUZZ_CHECK(again.has_value() && !has_errors(faults));
  FUZZ_CHECK(test::same_tree(*tree, *again));
  FUZZ_CHECK(tools::render_yaml(*again) == once);
  return once;
}

std::string judge(const Policy& policy, std::string_view body) {
  tools::EvalCaller caller;
  caller.user = "alice";
  caller.region = "us-east-1";
  const auto judged = tools::evaluate(policy, caller, body,
                                      std::chrono::sys_days(std::chrono::year(2026) / 11 / 23));
  FUZZ_CHECK(judged.has_value());
  std::string out;
  tools::render_finding_json(*judged, out);
  return out;
}

void check_judgement(const Policy& policy, std::string_view body) {
  tools::EvalCaller caller;
  caller.user = "alice";
  caller.region = "us-east-1";
  const tools::Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
  const auto first = tools::evaluate(policy, caller, body, now);
  const auto second = tools::evaluate(policy, caller, body, now);
  FUZZ_CHECK(first && second);
  std::string once, twice;
  tools::render_finding_json(*first, once);
  tools::render_finding_json(*second, twice);
  FUZZ_CHECK(once == twice && once.find('\n') == std::string::npos);
  if (first->decision == Decision::malformed) FUZZ_CHECK(first->effect == Effect::refuse);
  if (first->decision == Decision::allow) {
    FUZZ_CHECK(!first->rule.empty() && first->effect == Effect::relay);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t split = input.find(kSeparator);
  const std::string_view text = input.substr(0, split);
  const LoadedPolicy loaded = load_policy(text);
  FUZZ_CHECK((loaded.policy == nullptr) == has_errors(loaded.diagnostics));
  FUZZ_CHECK(load_policy(text).diagnostics == loaded.diagnostics);
  check_diagnostics(loaded.diagnostics, text);
  const std::string written = check_rendering(text);
  if (loaded.policy == nullptr) return 0;
  if (!written.empty()) {
    const LoadedPolicy again = load_policy(written);
    FUZZ_CHECK(again.policy != nullptr &&
               judge(*again.policy, kBody) == judge(*loaded.policy, kBody));
  }
  const tools::Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
  check_diagnostics(tools::lint(text, *loaded.policy, now), text);
  check_judgement(*loaded.policy, kBody);
  if (split != std::string_view::npos) {
    check_judgement(*loaded.policy, input.substr(split + kSeparator.size()));
  }
  return 0;
}
