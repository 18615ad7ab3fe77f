// The words of an `aws ssm start-session` command line as options and their values.
#pragma once

#include <optional>
#include <span>
#include <string>

#include <boost/system/result.hpp>

#include "ssmgate/tools/command_line.hpp"

namespace ssmgate::tools {

struct AwsOptions {
  std::optional<std::string> target;
  std::optional<std::string> document_name;
  std::optional<std::string> reason;
  std::optional<std::string> parameters;
  std::optional<std::string> input_json;
  bool input_json_alone = false;  // `--cli-input-json VALUE`: then `--target` is not required
  std::optional<std::string> region;
  std::optional<std::string> endpoint_url;
};

// Of an option that stands twice the last one counts, as in the AWS CLI. `error` is one line.
[[nodiscard]] boost::system::result<AwsOptions, CommandLineFault> read_aws_options(
    std::span<const std::string> words);

}  // namespace ssmgate::tools
