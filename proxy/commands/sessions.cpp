// `ssmgate sessions`: what goes through a running gateway now, and the end of one of them.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>

#include "commands/admin_client.hpp"
#include "commands/command.hpp"
#include "commands/output.hpp"
#include "ssmgate/rules/decide.hpp"

namespace ssmgate::commands {
namespace {

struct SessionsOptions {
  GatewayName gateway;
  bool json = false;
  bool watch = false;
  std::string kill;
};

// LIMIT: what a rate is measured over where nothing is watched: a person waits for it.
constexpr std::chrono::milliseconds kGlance{300};
constexpr std::chrono::milliseconds kWatch{1000};

using Clock = std::chrono::steady_clock;
using Row = std::vector<std::string>;

// Bytes of each session when they were last looked at.
struct Sample {
  Clock::time_point at;
  std::map<std::string, double> bytes;
};

std::string at(const TreeNode& session, std::string_view key) {
  const TreeNode* value = session.find(key);
  if (value == nullptr || !value->is_scalar() || value->kind == TreeNode::Kind::null) return {};
  return printable(value->scalar);
}

double number_at(const TreeNode& session, std::string_view key) {
  const std::string text = at(session, key);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// "870 B", "1.4 MB".
std::string in_bytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; bytes >= 999.5 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || bytes >= 99.95 ? "%.0f %s" : "%.1f %s", bytes,
                kUnits[unit]);
  return text;
}

std::string in_time(double seconds) {
  const auto whole = static_cast<long>(seconds);
  char text[64];
  if (whole < 60) {
    std::snprintf(text, sizeof text, "%lds", whole);
  } else if (whole < 3600) {
    std::snprintf(text, sizeof text, "%ldm%02lds", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%ldh%02ldm", whole / 3600, whole / 60 % 60);
  }
  return text;
}

std::string destination_of(const TreeNode& session) {
  const std::string host = at(session, "host");
  const std::string port = at(session, "port");
  if (host.empty() && port.empty()) return "-";
  return host + (port.empty() ? "" : ":" + port);
}

const std::vector<TreeNode>& sessions_of(const TreeNode& list) {
  static const std::vector<TreeNode> kNone;
  const TreeNode* sessions = list.find("sessions");
  return sessions == nullptr ? kNone : sessions->items;
}

Sample sample_of(const TreeNode& list) {
  Sample sample;
  sample.at = Clock::now();
  for (const TreeNode& session : sessions_of(list)) {
    sample.bytes[at(session, "session_id")] =
        number_at(session, "bytes_up") + number_at(session, "bytes_down");
  }
  return sample;
}

std::string rate_of(const TreeNode& session, const Sample& before, const Sample& now) {
  if (at(session, "state") != "attached") return "waiting";
  const std::string id = at(session, "session_id");
  const auto was = before.bytes.find(id);
  if (was == before.bytes.end()) return "-";
  const double seconds = std::chrono::duration<double>(now.at - before.at).count();
  return in_bytes(std::max(0.0, now.bytes.at(id) - was->second) / seconds) + "/s";
}

void print_rows(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    std::puts(line.c_str());
  }
}

void print_table(const TreeNode& list, const Sample& before) {
  const Sample now = sample_of(list);
  std::vector<Row> rows{
      {"SESSION", "OWNER", "DOCUMENT", "TARGET", "HOST:PORT", "AGE", "UP", "DOWN", "RATE", "RULE"}};
  for (const TreeNode& session : sessions_of(list)) {
    const auto or_dash = [&](std::string_view key) {
      const std::string text = at(session, key);
      return text.empty() ? "-" : text;
    };
    rows.push_back({at(session, "session_id"), or_dash("owner"), or_dash("document"),
                    or_dash("target"), destination_of(session),
                    in_time(number_at(session, "age_s")), in_bytes(number_at(session, "bytes_up")),
                    in_bytes(number_at(session, "bytes_down")), rate_of(session, before, now),
                    or_dash("rule")});
  }
  if (rows.size() == 1) {
    std::puts("no sessions");
  } else {
    print_rows(rows);
  }
}

std::optional<AdminAnswer> ask_for_list(const AdminClient& client) {
  auto asked = client.ask("GET", "/v1/sessions");
  if (const auto* fault = std::get_if<AdminFault>(&asked)) {
    fail(fault->text);
    return std::nullopt;
  }
  auto& answer = std::get<AdminAnswer>(asked);
  if (answer.status == 200 && tree_of(answer)) return std::move(answer);
  fail(error_of(answer));
  return std::nullopt;
}

int list(const SessionsOptions& options, const AdminClient& client) {
  auto answer = ask_for_list(client);
  if (!answer) return 2;
  if (options.json && !options.watch) return write_output(answer->body) ? 0 : 2;
  const bool screen = options.watch && !options.json && ::isatty(STDOUT_FILENO) == 1;
  Sample before = sample_of(*tree_of(*answer));
  do {
    if (!options.json) std::this_thread::sleep_for(options.watch ? kWatch : kGlance);
    if (!options.json) answer = ask_for_list(client);
    if (!answer) return 2;
    const auto tree = tree_of(*answer);
    if (screen) std::fputs("\x1b[H\x1b[2J", stdout);
    if (options.json) {
      if (!write_output(answer->body)) return 2;
    } else {
      print_table(*tree, before);
      before = sample_of(*tree);
    }
    if (std::fflush(stdout) != 0) return 2;
    if (options.json) std::this_thread::sleep_for(kWatch);
    if (options.json) answer = ask_for_list(client);
  } while (options.watch);
  return 0;
}

// Of what AWS makes a SessionId; anything else is none, and would be another path.
bool can_be_id(std::string_view id) {
  return !id.empty() && id.size() <= 96 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.=,@+").find(c) != std::string_view::npos;
  });
}

int kill(const SessionsOptions& options, const AdminClient& client) {
  if (!can_be_id(options.kill)) return fail("`" + printable(options.kill) + "` is no session id");
  const auto asked = client.ask("POST", "/v1/sessions/" + options.kill + "/kill");
  if (const auto* fault = std::get_if<AdminFault>(&asked)) return fail(fault->text);
  const auto& answer = std::get<AdminAnswer>(asked);
  if (answer.status == 404) return fail(error_of(answer), 1);
  if (answer.status != 200) return fail(error_of(answer));
  if (options.json) return write_output(answer.body) ? 0 : 2;
  std::printf("killed %s; end it at AWS as well: aws ssm terminate-session --session-id %s\n",
              options.kill.c_str(), options.kill.c_str());
  return 0;
}

}  // namespace

void add_sessions_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<SessionsOptions>();
  CLI::App* command = app.add_subcommand("sessions", "Show a running gateway's sessions; end one");
  add_gateway_options(*command, options->gateway);
  command->add_flag("--json", options->json, "JSON instead of a table");
  command->add_flag("--watch", options->watch, "Again every second, until it is interrupted");
  CLI::App* ending = command->add_subcommand("kill", "End a session and cut its data channel");
  // In front of `kill` and behind it.
  add_gateway_options(*ending, options->gateway);
  ending->add_flag("--json", options->json, "One JSON object instead of text");
  ending->add_option("ID", options->kill, "The session's id")->required();
  command->footer(
      "Exit status: 0 done, 1 no such session, 2 no gateway answers or another trouble.");
  command->callback([options, ending, &exit_status] {
    const auto client = find_gateway(options->gateway);
    if (!client) {
      exit_status = 2;
      return;
    }
    exit_status = ending->parsed() ? kill(*options, *client) : list(*options, *client);
  });
}

}  // namespace ssmgate::commands
