// `aws ssm start-session …` as a person types it. tests/e2e/test_eval_command_line.py holds the
// same parser against the AWS CLI itself; here are the words of its refusals, and what the CLI
// never sees.
#include <doctest/doctest.h>

#include "ssmgate/tools/command_line.hpp"
#include "tools/command_line/shorthand.hpp"

using namespace ssmgate;

namespace {

using Words = std::vector<std::string>;

boost::system::result<std::string> no_file(const std::string&) {
  return boost::system::errc::make_error_code(boost::system::errc::no_such_file_or_directory);
}

std::string refusal(const Words& words) {
  const auto line = tools::parse_command_line(words, no_file);
  return line ? "understood: " + line->body : line.error().text;
}

// Of words behind `aws ssm start-session --target i-1`.
std::string refusal_of(const Words& more) {
  Words words = {"aws", "ssm", "start-session", "--target", "i-1"};
  words.insert(words.end(), more.begin(), more.end());
  return refusal(words);
}

std::optional<std::string> region_of(const Words& more) {
  Words words = {"/usr/local/bin/aws", "ssm", "start-session", "--target", "i-1"};
  words.insert(words.end(), more.begin(), more.end());
  const auto line = tools::parse_command_line(words, no_file);
  REQUIRE(line.has_value());
  return line->region;
}

// `name: a|b; other: c`, or the fault behind a `!`.
std::string shorthand(std::string_view text) {
  const auto parsed = tools::parse_shorthand(text);
  if (!parsed) return '!' + parsed.error().text;
  std::string out;
  for (const tools::NamedValues& named : *parsed) {
    out += (out.empty() ? "" : "; ") + named.name + ':';
    for (std::size_t i = 0; i < named.values.size(); ++i) {
      out += (i == 0 ? " " : "|") + named.values[i];
    }
  }
  return out;
}

}  // namespace

TEST_CASE("shorthand means what the AWS CLI makes of it") {
  CHECK(shorthand("host=a,portNumber=1") == "host: a; portNumber: 1");
  CHECK(shorthand("host=a,b,portNumber=1") == "host: a|b; portNumber: 1");
  CHECK(shorthand("host=[a, 'b' ,\"c\"],portNumber=1") == "host: a|b|c; portNumber: 1");
  CHECK(shorthand("host=[]") == "host:");
  CHECK(shorthand("host=") == "host: ");
  CHECK(shorthand("host=a,,b=c") == "host: a; b: c");
  CHECK(shorthand("command=a\\,b") == "command: a,b");
  CHECK(shorthand("command='a\\\\'") == "command: a\\");
  CHECK(shorthand("command=a=b,c=d") == "command: a=b; c: d");
  CHECK(shorthand("command='a\\'") == "command: a\\");
}

TEST_CASE("shorthand that the AWS CLI refuses says where") {
  CHECK(shorthand("") == "!expected `=` at character 1 of ``");
  CHECK(shorthand("host") == "!expected `=` at character 5 of `host`");
  CHECK(shorthand("host=a,") == "!expected a value at character 8 of `host=a,`");
  CHECK(shorthand("host=a]") == "!expected `,` at character 7 of `host=a]`");
  CHECK(shorthand("host=[a") == "!expected `,` at character 8 of `host=[a`");
  CHECK(shorthand("host='a") == "!a quote is not closed that opens at character 6 of `host='a`");
  CHECK(shorthand("\xC3\xBC=a") == "!expected `=` at character 1 of `\xC3\xBC=a`");
  CHECK(shorthand("a=b,a=c") == "!a second `a`, before at character 8 of `a=b,a=c`");
  CHECK(shorthand("a={b=c}") ==
        "!a parameter is a list of strings, not what begins at character 3 of `a={b=c}`");
  CHECK(shorthand("a@=b") ==
        "!`@=` reads a file inside a value; write the value itself, at character 2 of `a@=b`");
}

TEST_CASE("a command that is none of ours is refused in words") {
  CHECK(refusal({}) == "there is no command behind `--`; write `aws ssm start-session …`");
  CHECK(refusal({"sudo", "aws"}) ==
        "the command must begin with `aws`, not `sudo`; write `aws ssm start-session …`");
  CHECK(refusal({"aws", "ecs", "execute-command", "--interactive"}) ==
        "`aws ecs` opens its sessions without SSM's StartSession, so that the gateway judges none "
        "of them; write `aws ssm start-session --target ecs:…`");
  CHECK(refusal({"aws", "ssm", "send-command"}).starts_with("`aws ssm` `send-command` is not"));
  CHECK(refusal({"aws", "ssm"}) ==
        "`aws ssm` is not what is judged here; write `aws ssm start-session --target …`");
  CHECK(refusal({"aws", "s3"}).starts_with("`aws` `s3` is not what is judged here; write"));
}

TEST_CASE("an option that is not understood is refused in words") {
  CHECK(refusal_of({"--docment-name", "x"}) ==
        "unknown option `--docment-name`; did you mean `--document-name`?");
  CHECK(refusal_of({"--param", "x"}) ==
        "the option `--param` is cut short; write it out, such as `--parameters`");
  CHECK(refusal_of({"--cli-input-yaml", "x"}) ==
        "`--cli-input-yaml` is not read here; give the same as `--cli-input-json`");
  CHECK(refusal_of({"--reason", "-x"}) ==
        "`--reason` needs a value behind it, not `-x`; a value that begins with a dash is written "
        "behind a `=`");
  CHECK(refusal_of({"a", "b"}) ==
        "the word `a` belongs to no option; put quotes around a value with blanks in it");
  CHECK(refusal_of({"--output", "xml"}) ==
        "`--output` takes one of json text table yaml yaml-stream, not `xml`");
  CHECK(refusal_of({"--parameters", "file://a.json"}) ==
        "`--parameters`: cannot read `a.json`: No such file or directory");
  CHECK(refusal_of({"--reason", "https://example.com"}) ==
        "`--reason`: `https://example.com` is not fetched, as versions of the AWS CLI differ on "
        "`https://`; write the value itself");
  CHECK(refusal_of({"--parameters", R"({"portNumber": 22})"}) ==
        "`--parameters`: the parameter `portNumber` must be a list of strings, such as [\"5432\"]; "
        "the AWS CLI sends nothing else");
  CHECK(refusal_of({"--cli-input-json", R"({"target": "i-2"})"}) ==
        "`--cli-input-json`: `target` is no member of StartSession; did you mean `Target`?");
  CHECK(refusal_of({"--reason", "\xFF"}) == "the command line is no UTF-8; write it in UTF-8");
  CHECK(refusal_of({"--"}) == "`--` stands twice; write the options of start-session without it");
}

TEST_CASE("the region is that of the endpoint or of the option") {
  CHECK(region_of({}) == std::nullopt);
  CHECK(region_of({"--region", "eu-west-1"}) == "eu-west-1");
  CHECK(region_of({"--endpoint-url", "https://ssm.eu-west-1.amazonaws.com"}) == "eu-west-1");
  CHECK(region_of({"--endpoint-url=https://SSM.eu-west-1.amazonaws.com:443/"}) == "eu-west-1");
  CHECK(region_of({"--endpoint-url", "https://ssm.example.internal"}) == std::nullopt);
  CHECK(region_of({"--endpoint-url", "https://ssm.example.internal", "--region", "us-east-1"}) ==
        "us-east-1");
  CHECK(region_of({"--endpoint-url", "https://ssm.cn-north-1.amazonaws.com.cn", "--region",
                   "cn-north-1"}) == "cn-north-1");
  CHECK(
      refusal_of({"--endpoint-url", "https://ssm.eu-west-1.amazonaws.com", "--region", "us-east-1"})
          .find("endpoint-mismatch") != std::string::npos);
  for (const char* url :
       {"", "ssm.eu-west-1.amazonaws.com", "ftp://ssm.eu-west-1.amazonaws.com", "https://",
        "https://ssm.eu-west-1.amazonaws.com/path", "https://user@ssm.eu-west-1.amazonaws.com",
        "https://ssm.eu-west-1.amazonaws.com?x"}) {
    CAPTURE(url);
    CHECK(refusal_of({"--endpoint-url", url}).find("is no address of an endpoint") !=
          std::string::npos);
  }
}
