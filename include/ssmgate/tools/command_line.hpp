// `aws ssm start-session …` as a person types it, and the request that the AWS CLI makes of it.
//
// What the CLI would refuse, and what its versions read differently, is refused here as well:
// a command line is understood exactly as it would be sent, or not at all.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include <boost/system/result.hpp>

namespace ssmgate::tools {

struct CommandLine {
  std::string body;                   // of the StartSession request
  std::optional<std::string> region;  // of --region or of --endpoint-url
};

// Why a command line is not understood: one line with a hint.
struct CommandLineFault {
  std::string text;
};

// The bytes of a file named as `file://PATH`.
using ReadParameterFile = std::function<boost::system::result<std::string>(const std::string&)>;

// `words` as the shell gives them, `aws` first. Linear in the
// size of the words and files.
[[nodiscard]] boost::system::result<CommandLine, CommandLineFault> parse_command_line(
    std::span<const std::string> words, const ReadParameterFile& read_file);

}  // namespace ssmgate::tools
