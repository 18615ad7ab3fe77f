#include "rules/message.hpp"

#include <vector>

#include "request/printable.hpp"
#include "rules/criteria.hpp"

namespace ssmgate {
namespace {

// LIMIT: what a message shows of one value, and how many of a rule's entries.
constexpr std::size_t kMaxShownValue = 200;
constexpr std::size_t kMaxShownEntries = 5;

std::string asked_value(std::string_view value) {
  const std::string_view shown = cut(value, kMaxShownValue);
  return printable(shown) + (shown.size() < value.size() ? "..." : "");
}

template <typename List, typename Show>
std::string alternatives(const List& list, Show show) {
  std::string out;
  std::size_t shown = 0;
  for (const auto& entry : list) {
    if (shown == kMaxShownEntries) {
      return out + " or one of " + std::to_string(list.size() - shown) + " more";
    }
    if (shown++ > 0) out += " or ";
    out += show(entry);
  }
  return out;
}

std::string globs_text(const Globs& globs) {
  return alternatives(globs, [](const std::string& glob) { return in_backticks(glob); });
}

template <typename Entry>
std::string entries_text(const std::vector<Entry>& entries) {
  return alternatives(entries, [](const Entry& entry) { return in_backticks(entry.text); });
}

std::string with_asked(std::string text, std::string_view asked) {
  return text + " (asked: " + (asked.empty() ? "none" : asked_value(asked)) + ')';
}

struct TestText {
  std::string operator()(const AnyValue&) const { return "any value"; }
  std::string operator()(const Globs& globs) const { return globs_text(globs); }
  std::string operator()(const std::vector<HostEntry>& hosts) const {
    return "a host " + entries_text(hosts);
  }
  std::string operator()(const std::vector<PortEntry>& ports) const {
    return "a port " + entries_text(ports);
  }
  std::string operator()(const RegexCriterion& regex) const {
    return "a value matching " + in_backticks(regex.text);
  }
};

std::string sent_values(const Facts& facts, std::string_view name) {
  std::string out;
  for (const Parameter& parameter : facts.request.parameters) {
    if (parameter.name != name) continue;
    for (const std::string& value : parameter.values) {
      if (!out.empty()) out += ", ";
      out += value;
      if (out.size() > kMaxShownValue) return out;
    }
  }
  return out.empty() ? std::string(facts.default_value(name)) : out;
}

std::string describe_parameters(const Rule& rule, const Facts& facts) {
  std::string out;
  for (const ParameterCriterion& criterion : rule.parameters) {
    if (parameter_holds(criterion, rule, facts)) continue;
    if (!out.empty()) out += ", and ";
    out += with_asked("parameter " + in_backticks(criterion.name) + " to be " +
                          std::visit(TestText{}, criterion.test),
                      sent_values(facts, criterion.name));
  }
  if (const Parameter* unnamed = find_unnamed_parameter(rule, facts)) {
    if (!out.empty()) out += ", and ";
    out += "no parameter `" + asked_value(unnamed->name) + "`, which the rule does not name";
  }
  return out;
}

std::string describe_failure(Criterion criterion, const Rule& rule, const Facts& facts) {
  const StartSession& asked = facts.request;
  switch (criterion) {
    case Criterion::accounts:
      return with_asked("account " + globs_text(rule.accounts), facts.claims.account);
    case Criterion::access_keys:
      return with_asked("access key " + globs_text(rule.access_keys), facts.claims.access_key);
    case Criterion::regions:
      return with_asked("region " + globs_text(rule.regions), facts.claims.region);
    case Criterion::targets:
      return with_asked("target " + globs_text(rule.targets), asked.target.text());
    case Criterion::hosts:
      return with_asked("host " + entries_text(rule.hosts),
                        facts.host() != nullptr ? facts.host()->text() : std::string());
    case Criterion::ports:
      return with_asked("port " + entries_text(rule.ports),
                        facts.port() ? std::to_string(*facts.port()) : std::string());
    case Criterion::commands:
      return with_asked("command " + globs_text(rule.commands), asked.command.value_or(""));
    case Criterion::parameters: return describe_parameters(rule, facts);
    case Criterion::reason:
      return with_asked(
          "a reason matching " + in_backticks(rule.reason.text) + ", given as `--reason`",
          asked.reason.value_or(""));
    case Criterion::not_before:
      return "a time from " + render_instant(*rule.not_before) +
             " on (now: " + render_instant(facts.now) + ')';
    case Criterion::expires:
      return "a time before " + render_instant(*rule.expires) + ", as it has expired";
    case Criterion::hours:
      return "the hours " + rule.hours->text + " (now: " + render_instant(facts.now) + ')';
    case Criterion::documents:
    case Criterion::users:
    case Criterion::clients: break;  // hold for every rule that may be named
  }
  return {};
}

// HOST:PORT, HOST or "port PORT" of what is asked, defaults included.
std::string destination(const Facts& facts) {
  const Host* host = facts.host();
  const std::string port = facts.port() ? std::to_string(*facts.port()) : std::string();
  if (host == nullptr) return port.empty() ? port : "port " + port;
  const bool brackets = host->is_address() && !host->address().is_v4() && !port.empty();
  const std::string name = brackets ? '[' + host->text() + ']' : host->text();
  return port.empty() ? name : name + ':' + port;
}

}  // namespace

std::string describe_session(const Facts& facts) {
  std::string out = facts.document.text();
  if (!facts.request.document) out += " (the default document)";
  out += " on " + facts.request.target.text();
  const std::string where = destination(facts);
  if (!where.empty()) out += " to " + where;
  if (facts.request.command)
    out += " for the command `" + asked_value(*facts.request.command) + '`';
  return out;
}

std::string describe_failures(const Rule& rule, const Facts& facts) {
  std::string out;
  for (const Criterion criterion : criteria()) {
    if (holds(criterion, rule, facts)) continue;
    const std::string text = describe_failure(criterion, rule, facts);
    if (text.empty()) continue;
    if (!out.empty()) out += "; and ";
    out += text;
  }
  return out;
}

std::string one_line(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::string joined;
  while (true) {
    const std::size_t start = text.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return escape_invisible(joined);
    text.remove_prefix(start);
    const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
    if (!joined.empty()) joined += ' ';
    joined += word;
    text.remove_prefix(word.size());
  }
}

}  // namespace ssmgate
