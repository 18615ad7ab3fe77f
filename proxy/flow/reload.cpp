#include "flow/reload.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "config/reread.hpp"
#include "config/values.hpp"
#include "flow/listener_ends.hpp"
#include "flow/warnings.hpp"
#include "flow/way_out.hpp"
#include "state/server_sink.hpp"
#include "tls/ca_files.hpp"
#include "tls/upstream_context.hpp"

namespace ssmgate::flow {
namespace fs = std::filesystem;
namespace {

// Start-up lines are whole lines of standard error; the operator's log puts the name in front.
std::vector<std::string> without_name(std::vector<std::string> lines) {
  constexpr std::string_view kName = "ssmgate: ";
  for (std::string& line : lines) {
    if (line.starts_with(kName)) line.erase(0, kName.size());
  }
  return lines;
}

void add_listeners(std::vector<std::string>& lines, std::string_view what,
                   const std::vector<ListenerPtr>& listeners) {
  for (const ListenerPtr& listener : listeners) {
    lines.push_back(std::string(what) + " " + config::render_socket_address(listener->address()));
  }
}

bool is_same_authority(const Generation& old, const Generation& next) {
  return old.config.ca_certificate == next.config.ca_certificate &&
         old.config.ca_key == next.config.ca_key &&
         old.authority_fingerprint == next.authority_fingerprint;
}

// Which of a listener's files hold something else now.
std::string name_changed_files(const Entrance& was, const Entrance& is) {
  std::string names;
  const auto add = [&names](bool changed, std::string_view name) {
    if (!changed) return;
    if (!names.empty()) names += " and ";
    names += name;
  };
  const auto differ = [](const std::string& old, const std::string& next) {
    return !old.empty() && !next.empty() && old != next;
  };
  const bool moved = was.settings != is.settings && lets_in_the_same(was.settings, is.settings);
  add(moved || differ(was.certificate, is.certificate), "certificate");
  add(differ(was.guests->passwords, is.guests->passwords), "users");
  add(differ(was.guests->authorities, is.guests->authorities), "client CAs or revocation lists");
  return names;
}

void add_entrances(std::vector<std::string>& lines, const Generation& old, const Generation& next,
                   const Listeners::Plan& plan) {
  for (std::size_t i = 0; i < next.entrances.size(); ++i) {
    const EntrancePtr& is = next.entrances[i];
    const EntrancePtr was = find_entrance(old.entrances, is->key);
    if (!was || was == is) continue;
    const std::string place = config::render_socket_address(plan.all[i]->address());
    if (!lets_in_the_same(was->settings, is->settings)) {
      lines.push_back("who may come in by " + place);
    }
    std::string files = name_changed_files(*was, *is);
    if (files.empty()) continue;
    files += " of ";
    files += place;
    lines.push_back(std::move(files));
  }
}

// In words, what is another than before beside the policy's text.
std::vector<std::string> describe_settings(const Generation& old, const Generation& next,
                                           const Listeners::Plan& plan) {
  std::vector<std::string> lines;
  const auto& was = old.config;
  const auto& is = next.config;
  if (was.policy != is.policy) {
    lines.push_back("policy file: " + (is.policy ? is.policy->string() : "the built-in one"));
  }
  if (!is_same_authority(old, next)) lines.emplace_back("ca");
  if (was.intercept != is.intercept) lines.emplace_back("intercept");
  if (was.egress != is.egress) lines.emplace_back("egress");
  if (was.upstream != is.upstream || old.roots_fingerprint != next.roots_fingerprint) {
    lines.emplace_back("upstream");
  }
  if (old.audit != next.audit) {
    lines.emplace_back("audit");
  } else if (old.log_servers_fingerprint != next.log_servers_fingerprint) {
    lines.emplace_back("certificates, keys or roots for the log servers");
  }
  if (was.audit.on_failure != is.audit.on_failure) {
    const bool refuses = is.audit.on_failure == config::Audit::OnFailure::refuse;
    lines.push_back(std::string("audit.on_failure: ") + (refuses ? "refuse" : "continue"));
  }
  if (was.sessions != is.sessions) lines.emplace_back("sessions");
  if (was.limits != is.limits) lines.emplace_back("limits, for new connections");
  if (was.users_file != is.users_file) lines.emplace_back("users_file");
  add_entrances(lines, old, next, plan);
  add_listeners(lines, "listening on", plan.added);
  add_listeners(lines, "no longer listening on", plan.removed);
  return lines;
}

// What is kept is not loaded again, and its files may be what a start would refuse.
std::vector<std::string> find_faults_of_next_start(const config::Config& settings,
                                                   tls::Clock::time_point now) {
  std::vector<std::string> faults;
  auto opened = open_entrances(settings, {});
  if (auto* lines = std::get_if<std::vector<std::string>>(&opened)) faults = std::move(*lines);
  auto authority = tls::load_authority_pair(settings.ca_certificate, settings.ca_key, now);
  if (auto* fault = std::get_if<tls::AuthorityFault>(&authority)) faults.push_back(fault->text);
  auto roots = tls::make_upstream_context(settings.upstream.ca_file);
  if (auto* fault = std::get_if<tls::AuthorityFault>(&roots)) faults.push_back(fault->text);
  if (const auto& proxy = settings.upstream.proxy) {
    auto parent = prepare_parent(*proxy, settings.upstream.ca_file);
    if (auto* lines = std::get_if<std::vector<std::string>>(&parent)) {
      // It may read the same roots.
      std::erase_if(*lines, [&faults](const std::string& line) {
        return std::ranges::find(faults, line) != faults.end();
      });
      faults.insert(faults.end(), lines->begin(), lines->end());
    }
  }
  const std::vector<std::string> servers = state::find_server_faults(settings.audit);
  faults.insert(faults.end(), servers.begin(), servers.end());
  std::vector<std::string> lines;
  for (const std::string& fault : without_name(std::move(faults))) {
    lines.push_back("the next start would refuse this: " + fault);
  }
  return lines;
}

void post(Gateway& gateway, state::AuditLog& log, state::Event event, const Generation& next,
          std::string message) {
  state::AuditRecord record;
  record.event = event;
  record.time = gateway.now();
  record.policy_revision = next.policy->revision();
  record.message = std::move(message);
  log.post(record);
}

// Before the swap: no decision by the new policy stands in front of them.
void record_changes(Gateway& gateway, const Generation& old, const Generation& next,
                    const std::string& asked_by, const std::vector<std::string>& settings) {
  const std::string who = "a reload (" + asked_by + ")";
  if (old.audit != next.audit) {
    post(gateway, *next.audit, state::Event::start, next,
         next.audit->found_torn_line()
             ? who + " moved the audit log here; an unfinished line at its end was cut off"
             : who + " moved the audit log here");
  }
  const bool same_policy = old.policy->revision() == next.policy->revision();
  if (same_policy && settings.empty()) return;
  std::string message = who;
  if (!same_policy) {
    message +=
        " put policy " + next.policy->revision() + " in force; it was " + old.policy->revision();
  }
  for (const std::string& line : settings) {
    message += message == who ? " changed: " : "; ";
    message += line;
  }
  post(gateway, *next.audit, state::Event::policy, next, message);
  if (old.audit != next.audit) {
    post(gateway, *old.audit, state::Event::policy, next, message);
  }
}

// What both have in common for watching: the files of the one in force, and of the one that was
// tried, so that mending any of them is noticed.
void watch_both(std::vector<fs::path>& files, const std::optional<fs::path>& file,
                const config::Config& tried) {
  std::vector<fs::path> both = config::files_of(file, tried);
  both.insert(both.end(), files.begin(), files.end());
  std::ranges::sort(both);
  both.erase(std::unique(both.begin(), both.end()), both.end());
  files = std::move(both);
}

}  // namespace

std::vector<std::string> ReloadReport::all_lines() const {
  std::vector<std::string> all = lines;
  for (const std::string& warning : warnings) all.push_back("warning: " + warning);
  for (const std::string& warning : next_start) all.push_back("warning: " + warning);
  return all;
}

ReloadReport try_reload(Reloadable& target, const std::string& asked_by,
                        std::vector<fs::path>& files) {
  ReloadReport report;
  report.asked_by = asked_by;
  const auto refuse = [&report](std::vector<std::string> lines) {
    report.lines = without_name(std::move(lines));
    return report;
  };
  Gateway& gateway = target.gateway;
  const GenerationPtr running = gateway.current();
  files = config::files_of(target.file, running->config);
  // Whatever becomes of the rest: logrotate asks for no more.
  running->audit->reopen();

  auto found = config::find_config_again(target.file, running->config);
  if (auto* fault = std::get_if<config::ConfigFault>(&found)) return refuse(fault->lines);
  auto& [settings, source, file] = std::get<config::FoundConfig>(found);
  watch_both(files, file, settings);
  if (auto loop = config::find_parent_loop(settings)) return refuse({std::move(*loop)});
  auto planned = target.listeners.prepare(settings.listen, {});
  if (auto* fault = std::get_if<std::string>(&planned)) return refuse({*fault});
  auto opened = open_generation(std::move(settings), gateway, running.get());
  if (auto* fault = std::get_if<StartFault>(&opened)) return refuse(fault->lines);
  auto& plan = std::get<Listeners::Plan>(planned);
  const auto& next = std::get<GenerationPtr>(opened);

  // Before anything is said or changed: it reads files.
  std::vector<std::string> next_start = find_faults_of_next_start(next->config, gateway.now());

  const std::lock_guard lock(target.lifecycle);
  if (target.ending) return refuse({"ssmgate is about to end"});
  report.taken = true;
  report.next_start = std::move(next_start);
  const std::vector<std::string> changes = describe_settings(*running, *next, plan);
  record_changes(gateway, *running, *next, asked_by, changes);
  if (running->policy->revision() != next->policy->revision()) {
    report.lines.push_back("policy " + next->policy->revision() + " (was " +
                           running->policy->revision() + ")");
  }
  report.lines.insert(report.lines.end(), changes.begin(), changes.end());
  if (!report.lines.empty()) {
    report.warnings = find_warnings(next->config, *next->policy);
    const auto ends = find_listener_ends(next->entrances, gateway.now());
    report.warnings.insert(report.warnings.end(), ends.begin(), ends.end());
  }
  target.file = file;
  files = config::files_of(file, next->config);
  target.admission.set_limits(next->config.limits);
  gateway.replace(next);
  target.listeners.commit(std::move(plan), gateway);
  target.listeners.start(gateway, target.admission);
  // Whom no listener would let in any more, as it did, must not go on asking on a connection that
  // is open: who waits for a request is hung up on, a request in hand is the last of its
  // connection. Clients open another, and are asked who they are.
  target.admission.drain_all_but(next->entrances);
  target.bury(running);
  if (running->audit != next->audit) {
    post(gateway, *running->audit, state::Event::stop, *running,
         "a reload (" + asked_by + ") moved the audit log away");
    target.bury(running->audit);
  }
  return report;
}

}  // namespace ssmgate::flow
