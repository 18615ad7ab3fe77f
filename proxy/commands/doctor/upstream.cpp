#include "commands/doctor/upstream.hpp"

#include "commands/doctor/reach.hpp"
#include "commands/policy_file.hpp"
#include "flow/warnings.hpp"
#include "ssmgate/tools/endings.hpp"
#include "ssmgate/tools/lint.hpp"
#include "tls/upstream_context.hpp"

namespace ssmgate::doctor {
namespace {

// LIMIT: two weeks, in which people can be asked what they still need.
constexpr std::chrono::hours kEndingSoon{14 * 24};

// SOURCE: AWS's common errors: a request ends 15 minutes after its date stamp.
constexpr std::chrono::minutes kLargestSkew{15};
constexpr std::chrono::minutes kLittleSkew{2};

std::string mend_of(Code code, const config::Upstream& upstream, const std::string& host) {
  const bool through = upstream.proxy.has_value();
  switch (code) {
    case Code::upstream_certificate:
      return "put the roots that " + host + " is to be believed by into `upstream.ca_file` (" +
             upstream.ca_file.string() + ")";
    case Code::upstream_name:
      if (!through)
        return "getent ahosts " + host +
               " (no answer: mend name look-up, or name the "
               "address under `upstream.resolve`)";
      break;
    case Code::upstream_timeout:
    case Code::upstream_refused:
    default: break;
  }
  if (through) return "mend `upstream.proxy`, or what stands behind it";
  return "curl -v https://" + host + "/ (shows where it ends); behind a proxy: `upstream.proxy`";
}

// "DIAGNOSTIC" as check shows it, for the first of its kind; `more` counts the rest.
std::string with_more(const std::string& first, std::size_t count) {
  return count > 1 ? first + " (and " + std::to_string(count - 1) + " more)" : first;
}

Findings check_text(const std::string& path, const std::string& text, const LoadedPolicy& loaded,
                    std::chrono::system_clock::time_point now) {
  const std::string mend = "ssmgate check " + shell_word(path);
  if (!loaded.policy) {
    const auto& first = loaded.diagnostics.front();
    return {problem("policy.invalid",
                    "the gateway does not start: " +
                        with_more(render_diagnostic(path, first), loaded.diagnostics.size()),
                    mend)};
  }
  Diagnostics all = loaded.diagnostics;
  const Diagnostics lint = tools::lint(text, *loaded.policy, now);
  all.insert(all.end(), lint.begin(), lint.end());
  sort_diagnostics(all);
  if (all.empty()) return {ok("policy.valid", "the policy is `" + path + "`")};
  return {
      warning("policy.lint", with_more(render_diagnostic(path, all.front()), all.size()), mend)};
}

Findings check_endings(const Policy& policy, const std::string& path,
                       std::chrono::system_clock::time_point now) {
  Findings found;
  for (const tools::Ending& each : tools::find_endings(policy, now, now + kEndingSoon)) {
    if (each.past) continue;  // the lint has said so
    const std::string what = each.trial ? "the trial (`mode: report`) of " : "";
    const std::string whose = each.rule.empty() ? "the policy" : "rule `" + each.rule + "`";
    found.push_back(warning("policy.ends", what + whose + " ends at " + each.when,
                            "move the date in " + shell_word(path) + ", or let it end"));
  }
  return found;
}

}  // namespace

Finding check_clock(std::chrono::system_clock::time_point now,
                    std::chrono::system_clock::time_point date) {
  const auto apart = std::chrono::duration_cast<std::chrono::seconds>(now - date);
  const std::string text = "this machine's clock is " +
                           std::to_string(std::chrono::abs(apart).count()) + " s " +
                           (apart.count() < 0 ? "behind" : "ahead of") + " AWS's";
  const std::string mend = "sudo timedatectl set-ntp true";
  if (std::chrono::abs(apart) > kLargestSkew) {
    return problem("upstream.clock", text + ": AWS refuses the signatures made here", mend);
  }
  if (std::chrono::abs(apart) > kLittleSkew) return warning("upstream.clock", text, mend);
  return ok("upstream.clock", "this machine's clock and AWS's agree");
}

Findings check_upstream(const config::Config& settings, const std::string& host) {
  const config::Upstream& upstream = settings.upstream;
  const auto wrong = [&](const std::string& text, const std::string& mend) {
    return Findings{problem("upstream.reached", text, mend)};
  };
  if (const auto loop = config::find_parent_loop(settings)) {
    return wrong("the gateway does not start: " + *loop,
                 "give the listener or the proxy another address");
  }
  auto context = tls::make_upstream_context(upstream.ca_file);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&context)) {
    return wrong("the gateway does not start: " + fault->text,
                 "sudo apt-get install ca-certificates, or name roots under `upstream.ca_file`");
  }
  std::optional<flow::ParentProxy> parent;
  if (upstream.proxy) {
    auto prepared = flow::prepare_parent(*upstream.proxy, upstream.ca_file);
    if (const auto* faults = std::get_if<std::vector<std::string>>(&prepared)) {
      std::string all;
      for (const std::string& fault : *faults) all += (all.empty() ? "" : "; ") + fault;
      return wrong("the gateway does not start: " + all, "mend `upstream.proxy`");
    }
    parent = std::move(std::get<flow::ParentProxy>(prepared));
  }
  const Meeting met = shake_hands(upstream, std::move(parent),
                                  std::get<tls::ContextPtr>(std::move(context)), host, true);
  if (met.fault) {
    return wrong(host + " cannot be reached from here: " + met.fault->detail,
                 mend_of(met.fault->code, upstream, host));
  }
  Findings found = {ok("upstream.reached", host + " is reached and its certificate believed")};
  if (met.date) found.push_back(check_clock(std::chrono::system_clock::now(), *met.date));
  return found;
}

Findings check_egress(const config::Config& settings, const std::string& source) {
  Findings found = {ok("config.valid", "the configuration is " + source)};
  for (const std::string& line : flow::find_egress_warnings(settings)) {
    const std::size_t hint = line.rfind("; ");
    found.push_back(warning("config.egress", line.substr(0, hint), line.substr(hint + 2)));
  }
  return found;
}

Findings check_policy(const config::Config& settings, std::chrono::system_clock::time_point now) {
  if (!settings.policy) {
    return {ok("policy.valid",
               "the policy is the built-in one: shells, and forwards to a node's own ports")};
  }
  const std::string path = settings.policy->string();
  const auto text = commands::read_bytes(path);
  if (!text) {
    return {problem(
        "policy.invalid",
        "the gateway does not start: `" + path + "` cannot be read: " + text.error().message(),
        "name a policy file under `policy`")};
  }
  const LoadedPolicy loaded = load_policy(*text);
  Findings found = check_text(path, *text, loaded, now);
  if (!loaded.policy) return found;
  append(found, check_endings(*loaded.policy, path, now));
  for (const std::string& line : flow::find_policy_warnings(settings, *loaded.policy)) {
    const std::size_t hint = line.rfind("; ");
    found.push_back(warning("policy.nobody", line.substr(0, hint), line.substr(hint + 2)));
  }
  return found;
}

}  // namespace ssmgate::doctor
