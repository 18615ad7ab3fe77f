// `ssmgate eval`: judges a StartSession body, or many, as the gateway would.
//
// The request is a JSON body on standard input, or what an `aws ssm start-session …` behind `--`
// would send. Of the environment only HOME is looked at, for `file://~/…`: what is judged stands on
// the command line.
// Exit status: 0 allow, 1 deny, 2 malformed, 3 when the policy or the usage is wrong; with --batch
// 0, or 3 when a line could not be read.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include <unistd.h>

#include "commands/command.hpp"
#include "commands/output.hpp"
#include "commands/policy_file.hpp"
#include "ssmgate/names/region.hpp"
#include "ssmgate/request/start_session.hpp"
#include "ssmgate/text/fields.hpp"
#include "ssmgate/tools/command_line.hpp"
#include "ssmgate/tools/eval.hpp"

namespace ssmgate::commands {
namespace {

constexpr int kWrong = 3;
constexpr std::size_t kChunk = 256 * 1024;

struct EvalOptions {
  std::string policy;
  tools::EvalCaller caller;
  bool json = false;
  bool batch = false;
  bool print_request = false;
  CommandWords command_line;
};

int wrong(const std::string& text) {
  return fail(text, kWrong);
}

// Bytes read, 0 at the end, negative for trouble.
ssize_t read_input(char* buffer, std::size_t size) {
  ssize_t got = 0;
  do {
    got = ::read(STDIN_FILENO, buffer, size);
  } while (got < 0 && errno == EINTR);
  return got;
}

int exit_status_of(Decision decision) {
  switch (decision) {
    case Decision::allow: return 0;
    case Decision::deny: return 1;
    case Decision::malformed: return 2;
  }
  return kWrong;
}

// The body on standard input; nothing, and a line on standard error, when it cannot be read.
std::optional<std::string> read_body() {
  if (::isatty(STDIN_FILENO) == 1) {
    std::fprintf(stderr,
                 "ssmgate: the request's JSON body is read from here; end it with Ctrl-D, or write "
                 "a command behind `--`\n");
  }
  std::string body;
  std::string chunk(kChunk, '\0');
  // One byte over the limit is enough to be refused as too large.
  while (body.size() <= kMaxStartSessionBody) {
    const ssize_t got = read_input(chunk.data(), chunk.size());
    if (got == 0 && body.empty()) {
      std::fprintf(stderr,
                   "ssmgate: warning: no body on standard input; pipe one, or write a command "
                   "behind `--`\n");
    }
    if (got == 0) return body;
    if (got < 0) {
      (void)wrong(std::string("cannot read standard input: ") + std::strerror(errno));
      return std::nullopt;
    }
    body.append(chunk, 0, static_cast<std::size_t>(got));
  }
  return body;
}

int evaluate_one(const EvalOptions& options, const Policy& policy, std::string_view body) {
  const auto now = std::chrono::system_clock::now();
  const auto judged = tools::evaluate(policy, options.caller, body, now);
  if (!judged) return wrong(judged.error());
  std::string out;
  if (options.json) {
    tools::render_finding_json(*judged, out);
    out += '\n';
  } else {
    out = tools::render_finding_text(*judged);
  }
  if (!write_output(out)) return kWrong;
  return exit_status_of(judged->decision);
}

// Lines in, answers out. What has been answered is written whenever the input runs dry, so that a
// program can talk to it line by line, and in large pieces otherwise.
class Batch {
 public:
  explicit Batch(const Policy& policy) : policy_(policy) {}

  int run() {
    std::string chunk(kChunk, '\0');
    while (true) {
      const ssize_t got = read_input(chunk.data(), chunk.size());
      if (got < 0) return wrong(std::string("cannot read standard input: ") + std::strerror(errno));
      if (got == 0) break;
      take(std::string_view(chunk).substr(0, static_cast<std::size_t>(got)));
      if (!write_output(out_)) return kWrong;
      out_.clear();
    }
    if (!partial_.empty()) answer(partial_);
    if (!write_output(out_)) return kWrong;
    return all_read_ ? 0 : kWrong;
  }

 private:
  void take(std::string_view bytes) {
    while (true) {
      const std::size_t end = bytes.find('\n');
      if (end == std::string_view::npos) break;
      if (partial_.empty()) {
        answer(bytes.substr(0, end));
      } else {
        partial_ += bytes.substr(0, end);
        answer(partial_);
        partial_.clear();
      }
      bytes.remove_prefix(end + 1);
    }
    partial_ += bytes;
  }

  void answer(std::string_view line) {
    const auto now = std::chrono::system_clock::now();
    if (!tools::evaluate_line(policy_, line, now, out_)) all_read_ = false;
  }

  const Policy& policy_;
  std::string partial_;
  std::string out_;
  bool all_read_ = true;
};

bool says_caller(const tools::EvalCaller& caller) {
  return caller.user || caller.unix_user || !caller.unix_groups.empty() || caller.client ||
         caller.access_key || caller.account || caller.region || caller.at;
}

// A file that a value of the command line names as `file://PATH`.
boost::system::result<std::string> read_parameter_file(const std::string& path) {
  const char* home = std::getenv("HOME");
  const bool at_home = path.starts_with("~/") && home != nullptr;
  return read_bytes(at_home ? home + path.substr(1) : path);
}

// The request that the AWS CLI would send for the command line; `options` learns the region.
std::optional<std::string> read_command_line(EvalOptions& options) {
  const auto line = tools::parse_command_line(*options.command_line, read_parameter_file);
  if (!line) {
    (void)wrong(line.error().text);
    return std::nullopt;
  }
  std::optional<std::string>& region = options.caller.region;
  if (region && line->region && *region != *line->region) {
    (void)wrong("`--region` of ssmgate is " + in_backticks(*region) + ", but the command names " +
                in_backticks(*line->region) + "; leave one of the two out");
    return std::nullopt;
  }
  if (!region) region = line->region;
  return line->body;
}

// An endpoint of one's own may be called anything, so that it is no error.
void warn_of_region(const std::optional<std::string>& region) {
  if (!region || has_region_form(*region)) return;
  const std::string_view nearest = find_nearest_word(*region, known_regions());
  std::fprintf(stderr, "ssmgate: warning: %s is no region that ssmgate knows; %s\n",
               in_backticks(*region).c_str(),
               nearest.empty() ? "see that AWS has it"
                               : ("did you mean " + in_backticks(nearest) + "?").c_str());
}

int evaluate(EvalOptions options) {
  if (options.batch && (says_caller(options.caller) || options.command_line)) {
    return wrong(
        "`--batch` takes request and caller from each line; leave out the options about the caller "
        "and the command behind `--`");
  }
  if (options.print_request && !options.command_line) {
    return wrong("`--print-request` needs a command; write it behind `--`");
  }
  const auto policy = open_policy(options.policy);
  if (!policy) return kWrong;
  if (options.batch) return Batch(*policy).run();
  const auto body = options.command_line ? read_command_line(options) : read_body();
  if (!body) return kWrong;
  const std::string fault = tools::find_caller_fault(options.caller);
  if (!fault.empty()) return wrong(fault);
  warn_of_region(options.caller.region);
  if (!options.print_request) return evaluate_one(options, *policy, *body);
  return write_output(*body + '\n') ? 0 : kWrong;
}

// `words` stand in front of `--`, where only options may.
void check_words(const std::vector<std::string>& words) {
  if (words.empty()) return;
  if (words.front().starts_with('-')) {
    throw CLI::ParseError(in_backticks(words.front()) + " is no option of `eval`", kWrong);
  }
  throw CLI::ParseError(in_backticks(words.front()) +
                            " needs `--` before it: `ssmgate eval --policy FILE -- " +
                            escape_invisible(words.front()) + " …`",
                        kWrong);
}

}  // namespace

void add_eval_command(CLI::App& app, CommandWords words, int& exit_status) {
  auto options = std::make_shared<EvalOptions>();
  options->command_line = std::move(words);
  tools::EvalCaller& caller = options->caller;
  CLI::App* command = app.add_subcommand("eval", "Judge a StartSession request without a gateway");
  command->add_option("--policy", options->policy, "policy file")->required();
  command->add_flag("--json", options->json, "print one JSON object");
  command->add_flag("--batch", options->batch, "one JSON object a line in, one out");
  command->add_option("--user", caller.user, "the authenticated user");
  command->add_option("--unix-user", caller.unix_user, "the local user of the connection");
  command->add_option("--unix-group", caller.unix_groups, "a group of the local user; repeatable");
  command->add_option("--client", caller.client, "the peer's address; 127.0.0.1 if left out");
  command->add_option("--access-key", caller.access_key, "the access key id");
  command->add_option("--account", caller.account, "the AWS account, 12 digits");
  command->add_option("--region", caller.region, "the endpoint's region");
  command->add_option("--at", caller.at, "the time, e.g. 2026-11-23T10:00:00Z; now if left out");
  command->add_flag("--print-request", options->print_request,
                    "with a command: print the request that it makes, and judge nothing");
  command->footer(
      "Behind `--` a command is judged as the request that it makes:\n"
      "  ssmgate eval --policy policy.yaml -- aws ssm start-session --target i-0abc123def4567890\n"
      "Without it the request's JSON body is read from standard input.");
  command->prefix_command();
  command->callback([command, options, &exit_status] {
    check_words(command->remaining());
    exit_status = evaluate(*options);
  });
}

}  // namespace ssmgate::commands
