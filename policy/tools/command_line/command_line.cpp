// From options to the request: files are read, `--parameters` is understood in either of its two
// syntaxes, `--cli-input-json` fills what the options leave out, and the region is found.
#include "ssmgate/tools/command_line.hpp"

#include <algorithm>

#include "ssmgate/names/endpoint.hpp"
#include "ssmgate/text/diagnostic.hpp"
#include "text/utf8.hpp"
#include "tools/command_line/input_json.hpp"
#include "tools/command_line/options.hpp"
#include "tools/command_line/shorthand.hpp"

namespace ssmgate::tools {
namespace {

using boost::system::result;

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto next = decode_code_point(text);
    if (!next) return false;
    text.remove_prefix(next->size);
  }
  return true;
}

// Python opens files as text: every line end becomes a newline.
std::string with_newlines(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!pair) out += text[i] == '\r' ? '\n' : text[i];
  }
  return out;
}

// The value of an option, or the file that it names. SOURCE: awscli/paramfile.py.
class Values {
 public:
  explicit Values(const ReadParameterFile& read_file) : read_file_(read_file) {}

  // Returns what is wrong; empty: nothing.
  std::string resolve(std::string_view option, const std::string& value, std::string& out) const {
    constexpr std::string_view kFile = "file://";
    const std::string name = '`' + std::string(option) + "`: ";
    for (const std::string_view prefix : {"fileb://", "http://", "https://"}) {
      if (value.starts_with(prefix)) {
        return name + in_backticks(value) +
               " is not fetched, as versions of the AWS CLI differ on `" + std::string(prefix) +
               "`; write the value itself";
      }
    }
    if (!value.starts_with(kFile)) {
      out = value;
      return {};
    }
    const std::string path = value.substr(kFile.size());
    const bool expands =
        path.find('$') != std::string::npos || (path.starts_with('~') && !path.starts_with("~/"));
    if (expands) {
      return name + in_backticks(value) + " would have to be expanded; write the path itself";
    }
    const auto bytes = read_file_(path);
    if (!bytes) {
      return name + "cannot read " + in_backticks(path) + ": " + bytes.error().message();
    }
    if (!is_utf8(*bytes)) return name + "the file " + in_backticks(path) + " is no UTF-8";
    out = with_newlines(*bytes);
    return {};
  }

 private:
  const ReadParameterFile& read_file_;
};

result<std::vector<NamedValues>, CommandLineFault> read_parameters(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  return json ? read_parameters_json(text) : parse_shorthand(text);
}

// Every function returns what is wrong; empty: nothing.
std::string fill_input(const AwsOptions& options, const Values& values, SessionInput& input) {
  struct TextOption {
    std::string_view name;
    const std::optional<std::string>& given;
    std::optional<std::string>& field;
  };
  for (const TextOption& option :
       {TextOption{"--target", options.target, input.target},
        TextOption{"--document-name", options.document_name, input.document_name},
        TextOption{"--reason", options.reason, input.reason}}) {
    if (!option.given) continue;
    std::string fault = values.resolve(option.name, *option.given, option.field.emplace());
    if (!fault.empty()) return fault;
  }
  if (!options.parameters) return {};
  std::string text;
  std::string fault = values.resolve("--parameters", *options.parameters, text);
  if (!fault.empty()) return fault;
  auto parameters = read_parameters(text);
  if (!parameters) return "`--parameters`: " + parameters.error().text;
  input.parameters = std::move(*parameters);
  return {};
}

std::string add_input_json(const std::string& given, const Values& values, SessionInput& input) {
  std::string text;
  std::string fault = values.resolve("--cli-input-json", given, text);
  if (!fault.empty()) return fault;
  auto json = read_input_json(text);
  if (!json) return "`--cli-input-json`: " + json.error().text;
  if (!input.target) input.target = std::move(json->target);
  if (!input.document_name) input.document_name = std::move(json->document_name);
  if (!input.reason) input.reason = std::move(json->reason);
  if (!input.parameters) input.parameters = std::move(json->parameters);
  return {};
}

// The host of `https://HOST[:PORT][/]`; empty for anything else.
std::string_view host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string_view name = url.substr(0, scheme);
  if (name != "https" && name != "http") return {};
  url.remove_prefix(scheme + 3);
  if (url.ends_with('/')) url.remove_suffix(1);
  if (url.find_first_of("/?#@\\ ") != std::string_view::npos) return {};
  const std::size_t colon = url.rfind(':');
  const bool port = colon != std::string_view::npos && colon + 1 < url.size() &&
                    url.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  return port ? url.substr(0, colon) : url;
}

std::string find_region(const AwsOptions& options, std::optional<std::string>& region) {
  region = options.region;
  if (region && region->empty()) return "`--region` is empty; leave it out";
  if (!options.endpoint_url) return {};
  const std::string_view host = host_of(*options.endpoint_url);
  if (host.empty()) {
    return "`--endpoint-url`: " + in_backticks(*options.endpoint_url) +
           " is no address of an endpoint; write one such as "
           "`https://ssm.ap-northeast-1.amazonaws.com`, without a path";
  }
  const auto endpoint = find_endpoint(host);
  if (!endpoint) return {};
  if (region && *region != endpoint->region) {
    return "`--region` is " + in_backticks(*region) + ", but `--endpoint-url` names " +
           in_backticks(endpoint->region) +
           ", which the gateway refuses as `endpoint-mismatch`; leave one of the two out";
  }
  region = endpoint->region;
  return {};
}

std::string build(const AwsOptions& options, const ReadParameterFile& read_file, CommandLine& out) {
  if (!options.target && !options.input_json_alone) {
    return "`--target` is missing; write `--target i-…`";
  }
  const Values values(read_file);
  SessionInput input;
  std::string fault = fill_input(options, values, input);
  if (fault.empty() && options.input_json) {
    fault = add_input_json(*options.input_json, values, input);
  }
  if (fault.empty()) fault = find_input_fault(input);
  if (fault.empty()) fault = find_region(options, out.region);
  if (fault.empty()) out.body = render_input_json(input);
  return fault;
}

}  // namespace

result<CommandLine, CommandLineFault> parse_command_line(std::span<const std::string> words,
                                                         const ReadParameterFile& read_file) {
  if (!std::all_of(words.begin(), words.end(), is_utf8)) {
    return CommandLineFault{"the command line is no UTF-8; write it in UTF-8"};
  }
  const auto options = read_aws_options(words);
  if (!options) return options.error();
  CommandLine out;
  std::string fault = build(*options, read_file, out);
  if (!fault.empty()) return CommandLineFault{std::move(fault)};
  return out;
}

}  // namespace ssmgate::tools
