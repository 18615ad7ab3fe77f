// `ssmgate audit`: the audit log as people read it. Its subcommands have a file each.
#include "commands/audit.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "commands/output.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/names/port.hpp"
#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::commands {
namespace {

using audit::Field;

struct FilterOption {
  const char* name;
  std::vector<Field> fields;
  const char* description;
};

const std::vector<FilterOption>& filter_options() {
  static const std::vector<FilterOption> kOptions = {
      {"--user", {Field::user}, "by whom; `unix:NAME` for a local user"},
      {"--client", {Field::client}, "from which address"},
      {"--event", {Field::event}, "decision, result, connect, session-end, start …"},
      {"--decision", {Field::decision}, "allow, deny, malformed, relay or error"},
      {"--effect", {Field::effect}, "relay or refuse: what was done, also in report mode"},
      {"--code", {Field::code}, "no-rule, explicit-deny, egress …"},
      {"--rule", {Field::rule, Field::reported}, "decided by it, or noted by it in report mode"},
      {"--nearest", {Field::nearest}, "the rule that came nearest to allowing it"},
      {"--operation", {Field::operation}, "StartSession, TerminateSession …"},
      {"--document", {Field::document}, "the session document"},
      {"--target", {Field::target}, "the node"},
      {"--host", {Field::host}, "the host behind the node"},
      {"--port", {Field::port}, "the port there"},
      {"--endpoint", {Field::endpoint}, "the host of the CONNECT"},
      {"--region", {Field::region}, "the endpoint's region"},
      {"--account", {Field::account}, "the AWS account"},
      {"--access-key", {Field::access_key}, "the access key id"},
      {"--session", {Field::session_id}, "the session's id"},
      {"--request-id", {Field::request_id}, "the id that the refused were told"},
      {"--listener", {Field::listener}, "where it came in"},
  };
  return kOptions;
}

// Why no record can match; empty: one can.
std::string find_why_never(Field field, const std::string& glob) {
  if (field == Field::port && !has_glob(glob) && !parse_port(glob)) {
    return in_backticks(glob) + " is no port; write a number from 1 to 65535";
  }
  std::string list;
  for (const std::string_view word : audit::words(field)) {
    if (glob_matches(glob, word)) return {};
    list.append(list.empty() ? "" : ", ").append(word);
  }
  if (list.empty()) return {};
  return "no record has " + in_backticks(glob) + " there; write one of " + list;
}

constexpr std::size_t kMuch = std::size_t{64} * 1024;

}  // namespace

void FilterOptions::add_to(CLI::App& command) {
  const auto group = "Which records (globs; repeat an option for either)";
  command
      .add_option("--since", since_, "at or after: a time, a date, or how long ago (`2h`, `7d`)")
      ->group(group);
  command.add_option("--until", until_, "before it, likewise")->group(group);
  for (const FilterOption& option : filter_options()) {
    chosen_.push_back(std::make_unique<Chosen>(Chosen{option.fields, {}}));
    command.add_option(option.name, chosen_.back()->globs, option.description)
        ->allow_extra_args(false)
        ->type_name("GLOB")
        ->group(group);
  }
}

std::optional<audit::Filter> FilterOptions::make() const {
  audit::Filter filter;
  const auto now = std::chrono::system_clock::now();
  const auto read = [&](const char* option, const std::string& text,
                        std::optional<audit::Time>& into) {
    if (text.empty()) return true;
    auto moment = audit::parse_moment(text, now);
    if (const auto* fault = std::get_if<std::string>(&moment)) {
      (void)fail(std::string("`") + option + "`: " + *fault, kAuditUnreadable);
      return false;
    }
    into = std::get<audit::Time>(moment);
    return true;
  };
  if (!read("--since", since_, filter.since) || !read("--until", until_, filter.until)) {
    return std::nullopt;
  }
  if (filter.since && filter.until && *filter.since >= *filter.until) {
    (void)fail("`--since` is not before `--until`, so no record can match; turn them round",
               kAuditUnreadable);
    return std::nullopt;
  }
  for (std::size_t i = 0; i < chosen_.size(); ++i) {
    for (const std::string& glob : chosen_[i]->globs) {
      const std::string why = find_why_never(chosen_[i]->fields.front(), glob);
      if (why.empty()) continue;
      (void)fail("`" + std::string(filter_options()[i].name) + "`: " + why, kAuditUnreadable);
      return std::nullopt;
    }
  }
  for (const auto& chosen : chosen_) {
    if (!chosen->globs.empty()) filter.tests.push_back({chosen->fields, chosen->globs});
  }
  return filter;
}

void DamagedLines::add(const std::string& file, std::uint64_t line) {
  if (count_++ > 0) return;
  file_ = file;
  line_ = line;
}

int DamagedLines::report(int good) const {
  if (count_ == 0) return good;
  const std::string where = line_ == 0 ? file_ : file_ + ":" + std::to_string(line_);
  const std::string which = count_ == 1
                                ? where + " is no audit record, and was passed over"
                                : std::to_string(count_) +
                                      " lines are no audit records, and were passed over; the "
                                      "first is " +
                                      where;
  return fail(which + "; type `ssmgate audit verify` to learn more", kAuditDamaged);
}

bool shows_on_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

bool wants_colour() {
  const char* no = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
  return shows_on_terminal() && (no == nullptr || *no == '\0') && !dumb;
}

std::size_t terminal_width() {
  if (!shows_on_terminal()) return 0;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  constexpr std::size_t kUsual = 80;
  return kUsual;
}

bool Output::settle() {
  return text_.size() < kMuch || flush();
}

bool Output::flush() {
  const bool good = write_output(text_);
  text_.clear();
  return good;
}

void add_audit_command(CLI::App& app, int& exit_status) {
  CLI::App* audit = app.add_subcommand("audit", "Read the audit log, and learn from it");
  audit->require_subcommand(1);
  add_audit_tail(*audit, exit_status);
  add_audit_query(*audit, exit_status);
  add_audit_verify(*audit, exit_status);
  add_audit_suggest(*audit, exit_status);
}

}  // namespace ssmgate::commands
