// SOURCE: awscli/argparser.py over Python's argparse, and awscli/data/cli.json for the options that
// every command takes (version 2 adds some). Of argparse only what cannot be read in two ways is
// taken: options written out, values that do not begin with a dash unless they follow a `=`.
#include "tools/command_line/options.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "ssmgate/text/diagnostic.hpp"
#include "ssmgate/text/fields.hpp"

namespace ssmgate::tools {
namespace {

using Field = std::optional<std::string> AwsOptions::*;

// Options with a value. Null: it has no bearing on the request.
struct Valued {
  std::string_view name;
  Field field = nullptr;
  std::string_view choices = {};  // blank-separated; empty: anything
  bool number = false;
  bool everywhere = true;  // may stand before `start-session`, too
};
constexpr std::array kValued = {
    Valued{"--target", &AwsOptions::target, {}, false, false},
    Valued{"--document-name", &AwsOptions::document_name, {}, false, false},
    Valued{"--reason", &AwsOptions::reason, {}, false, false},
    Valued{"--parameters", &AwsOptions::parameters, {}, false, false},
    Valued{"--cli-input-json", &AwsOptions::input_json, {}, false, false},
    Valued{"--region", &AwsOptions::region},
    Valued{"--endpoint-url", &AwsOptions::endpoint_url},
    Valued{"--profile"},
    Valued{"--ca-bundle"},
    Valued{"--output", nullptr, "json text table yaml yaml-stream"},
    Valued{"--color", nullptr, "on off auto"},
    Valued{"--cli-binary-format", nullptr, "base64 raw-in-base64-out"},
    Valued{"--cli-read-timeout", nullptr, {}, true},
    Valued{"--cli-connect-timeout", nullptr, {}, true},
};
constexpr std::array<std::string_view, 6> kFlags = {
    "--debug",        "--no-verify-ssl",      "--no-paginate",
    "--no-cli-pager", "--no-cli-auto-prompt", "--v2-debug",
};

// Options that the AWS CLI knows, and with which there is nothing to judge, or not here.
struct Refused {
  std::string_view name, why;
};
constexpr std::array kRefused = {
    Refused{"--cli-input-yaml", "is not read here; give the same as `--cli-input-json`"},
    Refused{"--generate-cli-skeleton", "makes the AWS CLI send nothing; leave it out"},
    Refused{"--cli-auto-prompt", "asks for the command; write it out"},
    Refused{"--no-sign-request",
            "sends an unsigned request, which the gateway refuses as `unsigned`; leave it out"},
    Refused{"--query", "has no meaning for start-session; leave it out"},
    Refused{"--version", "makes the AWS CLI send nothing; leave it out"},
};

std::string unknown_option(std::string_view name) {
  std::vector<std::string_view> known;
  known.reserve(kValued.size() + kFlags.size());
  for (const Valued& option : kValued) known.push_back(option.name);
  known.insert(known.end(), kFlags.begin(), kFlags.end());
  const auto whole = std::find_if(known.begin(), known.end(), [&](std::string_view candidate) {
    return name.size() > 2 && candidate.starts_with(name);
  });
  if (whole != known.end()) {
    return "the option " + in_backticks(name) + " is cut short; write it out, such as `" +
           std::string(*whole) + '`';
  }
  const std::string_view nearest = find_nearest_word(name, known);
  return "unknown option " + in_backticks(name) +
         (nearest.empty() ? std::string("; leave it out")
                          : "; did you mean `" + std::string(nearest) + "`?");
}

bool is_choice(std::string_view choices, std::string_view value) {
  while (!choices.empty()) {
    const std::size_t end = std::min(choices.find(' '), choices.size());
    if (choices.substr(0, end) == value) return true;
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return false;
}

std::string check_value(const Valued& option, const std::string& value) {
  const std::string name = '`' + std::string(option.name) + '`';
  const bool number = !value.empty() && value.size() <= 9 &&
                      value.find_first_not_of("0123456789") == std::string::npos;
  if (option.number && !number) {
    return name + " takes a number of seconds, not " + in_backticks(value);
  }
  if (!option.choices.empty() && !is_choice(option.choices, value)) {
    return name + " takes one of " + std::string(option.choices) + ", not " + in_backticks(value);
  }
  return {};
}

// Every function returns what is wrong; empty: nothing.
class Reader {
 public:
  explicit Reader(std::span<const std::string> words) : words_(words) {}

  std::string read(AwsOptions& out) {
    if (std::string fault = read_program(); !fault.empty()) return fault;
    while (!words_.empty()) {
      const std::string& word = take();
      std::string fault = word.starts_with('-') ? read_option(word, out) : read_command(word);
      if (!fault.empty()) return fault;
    }
    return commands_ == 2 ? std::string()
                          : not_start_session(commands_ == 0 ? "`aws`" : "`aws ssm`");
  }

 private:
  const std::string& take() noexcept {
    const std::string& word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }

  std::string read_program() {
    if (words_.empty()) return "there is no command behind `--`; write `aws ssm start-session …`";
    const std::string& word = take();
    if (word == "aws" || word.ends_with("/aws")) return {};
    return "the command must begin with `aws`, not " + in_backticks(word) +
           "; write `aws ssm start-session …`";
  }

  static std::string not_start_session(std::string_view what) {
    return std::string(what) +
           " is not what is judged here; write `aws ssm start-session --target …`";
  }

  std::string read_command(const std::string& word) {
    constexpr std::array<std::string_view, 2> kCommand = {"ssm", "start-session"};
    if (commands_ == 2) {
      return "the word " + in_backticks(word) +
             " belongs to no option; put quotes around a value with blanks in it";
    }
    if (word == kCommand[commands_]) {
      ++commands_;
      return {};
    }
    if (commands_ == 0 && word == "ecs") {
      return "`aws ecs` opens its sessions without SSM's StartSession, so that the gateway "
             "judges none of them; write `aws ssm start-session --target ecs:…`";
    }
    if (commands_ == 1) {
      return not_start_session("`aws ssm` " + in_backticks(word)) +
             " (`operations` of the policy says what becomes of others)";
    }
    return not_start_session("`aws` " + in_backticks(word));
  }

  std::string read_option(const std::string& word, AwsOptions& out) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (name == "--") return "`--` stands twice; write the options of start-session without it";
    for (const Refused& refused : kRefused) {
      if (refused.name == name) return '`' + name + "` " + std::string(refused.why);
    }
    if (std::find(kFlags.begin(), kFlags.end(), name) != kFlags.end()) {
      return equals == std::string::npos ? std::string() : '`' + name + "` takes no value";
    }
    for (const Valued& option : kValued) {
      if (option.name == name) return read_valued(option, word, equals, out);
    }
    return unknown_option(name);
  }

  std::string read_valued(const Valued& option, const std::string& word, std::size_t equals,
                          AwsOptions& out) {
    const std::string name = '`' + std::string(option.name) + '`';
    if (!option.everywhere && commands_ < 2) {
      return name + " stands before the command; write it behind `aws ssm start-session`";
    }
    if (equals == std::string::npos && words_.empty()) return name + " needs a value behind it";
    std::string value = equals == std::string::npos ? take() : word.substr(equals + 1);
    if (equals == std::string::npos && value.starts_with('-')) {
      return name + " needs a value behind it, not " + in_backticks(value) +
             "; a value that begins with a dash is written behind a `=`";
    }
    std::string fault = check_value(option, value);
    if (!fault.empty()) return fault;
    if (option.field == &AwsOptions::input_json && equals == std::string::npos) {
      out.input_json_alone = true;
    }
    if (option.field != nullptr) out.*option.field = std::move(value);
    return {};
  }

  std::span<const std::string> words_;
  std::size_t commands_ = 0;  // of `ssm start-session`, so many words
};

}  // namespace

boost::system::result<AwsOptions, CommandLineFault> read_aws_options(
    std::span<const std::string> words) {
  AwsOptions options;
  std::string fault = Reader(words).read(options);
  if (!fault.empty()) return CommandLineFault{std::move(fault)};
  return options;
}

}  // namespace ssmgate::tools
