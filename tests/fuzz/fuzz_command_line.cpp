// Words of a command line, one a line: it is understood, and then its request is one JSON object in
// which every key stands once and no text is empty, or it is refused in one printable line.
// A command line that is understood is understood alike when its parameters are given as JSON.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ssmgate/request/start_session.hpp"
#include "ssmgate/text/diagnostic.hpp"
#include "ssmgate/tools/command_line.hpp"
#include "support/fuzz_check.hpp"
#include "tools/command_line/shorthand.hpp"
#include "tools/json_text.hpp"

using namespace ssmgate;

namespace {

boost::system::result<std::string> read_file(const std::string& path) {
  if (path == "a") return std::string("host=a,portNumber=1\r\n");
  return boost::system::errc::make_error_code(boost::system::errc::no_such_file_or_directory);
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t end = text.find('\n');
    words.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end + 1);
  }
}

void check_line(const std::vector<std::string>& words) {
  const auto line = tools::parse_command_line(words, read_file);
  if (!line) {
    const std::string& fault = line.error().text;
    FUZZ_CHECK(!fault.empty() && escape_invisible(fault) == fault);
    return;
  }
  const auto members = tools::split_json_object(line->body);
  FUZZ_CHECK(members.has_value());
  const auto decoded = decode_start_session(line->body, "SSM-SessionManagerRunShell", Place{});
  if (!decoded) {
    const Code code = decoded.error().code;
    FUZZ_CHECK(code != Code::duplicate_key && code != Code::unknown_member);
  }
  // The request as `--cli-input-json` is the same request.
  const std::vector<std::string> again = {"aws", "ssm", "start-session", "--cli-input-json",
                                          line->body};
  const auto twice = tools::parse_command_line(again, read_file);
  FUZZ_CHECK(twice.has_value() || decoded.has_error());
  if (twice) FUZZ_CHECK(twice->body == line->body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.find('\0') != std::string_view::npos) return 0;  // no word of a command line holds one
  std::vector<std::string> words = split_lines(input);
  check_line(words);
  // The whole input as shorthand, newlines and all.
  check_line(
      {"aws", "ssm", "start-session", "--target", "i-1", "--parameters=" + std::string(input)});
  return 0;
}
