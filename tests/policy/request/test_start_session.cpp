// StartSession's body: every malformed code, the order in which they are reported, and what is
// read.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "ssmgate/request/start_session.hpp"
#include "support/result.hpp"

using namespace ssmgate;

namespace {

constexpr std::string_view kShell = "SSM-SessionManagerRunShell";
const Place kPlace{"us-east-1", "aws"};

std::string with_quotes(std::string text) {
  for (char& c : text) c = c == '\'' ? '"' : c;
  return text;
}

// The code of a body in which single quotes stand for double ones; "ok" when it is decoded.
std::string code_of(const std::string& body, std::string_view default_document = kShell) {
  const auto session = decode_start_session(with_quotes(body), default_document, kPlace);
  if (session) return "ok";
  for (const char c : session.error().detail) CHECK((' ' <= c && c <= '~'));
  CHECK(!session.error().detail.ends_with('.'));
  return std::string(name(session.error().code));
}

std::string detail_of(const std::string& body) {
  const auto session = decode_start_session(with_quotes(body), kShell, kPlace);
  return session ? "" : session.error().detail;
}

StartSession read(const std::string& body) {
  return test::value_of(decode_start_session(with_quotes(body), kShell, kPlace));
}

const std::string kTarget = "'Target':'i-0123456789abcdef0'";

std::string with(const std::string& rest) {
  return "{" + kTarget + "," + rest + "}";
}

std::string remote(const std::string& parameters) {
  return with("'DocumentName':'AWS-StartPortForwardingSessionToRemoteHost','Parameters':{" +
              parameters + "}");
}

std::string own(const std::string& parameters) {
  return with("'DocumentName':'MyDocument','Parameters':{" + parameters + "}");
}

std::string repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("a body over 256 KiB is refused unread") {
  const std::string body = "{" + kTarget + "}";
  const std::string most = body + std::string(kMaxStartSessionBody - body.size(), ' ');
  CHECK(code_of(most) == "ok");
  CHECK(code_of(most + " ") == "too-large");
  CHECK(code_of(std::string(kMaxStartSessionBody + 1, '\xFF')) == "too-large");
}

TEST_CASE("what is no JSON object") {
  CHECK(code_of("") == "json");
  CHECK(code_of("[]") == "json");
  CHECK(code_of("{" + kTarget + "} {}") == "json");
  CHECK(code_of("\xEF\xBB\xBF{" + kTarget + "}") == "json");
  CHECK(code_of(with("'Reason':'\\u0000'")) == "json");
  CHECK(code_of(with("'Reason':'\\ud800'")) == "json");
  CHECK(code_of(with("'Reason':'\xC3'")) == "json");
}

TEST_CASE("duplicate keys") {
  CHECK(code_of(with(kTarget)) == "duplicate-key");
  CHECK(code_of(with("'\\u0054arget':'i-01234567'")) == "duplicate-key");
  CHECK(code_of(own("'host':['a'],'host':['b']")) == "duplicate-key");
  CHECK(code_of(own("'x':['a'],'\\u0078':['b']")) == "duplicate-key");
  CHECK(code_of(with("'Bogus':[{'a':{'b':1,'b':2}}]")) == "duplicate-key");
}

TEST_CASE("members that StartSession does not have") {
  for (const std::string member : {"Bogus", "target", "documentName", "DocumentVersion",
                                   "parameters", "", "Target ", "__type", "T\\u0430rget"}) {
    CAPTURE(member);
    CHECK(code_of(with("'" + member + "':'x'")) == "unknown-member");
  }
  // JSON has numbers of any size, so that they are no fault of their own.
  CHECK(code_of(with("'Bogus':1e999")) == "unknown-member");
  CHECK(code_of(with("'Bogus':1e99999999999")) == "unknown-member");
  CHECK(code_of(with("'Bogus':{'a':1e99999999999,'\\u0061':2}")) == "duplicate-key");
}

TEST_CASE("members of the wrong type or outside the model") {
  for (const std::string body :
       {"{}", "{'DocumentName':'MyDocument'}", "{'Target':null}", "{'Target':1}",
        "{'Target':['a']}", "{'Target':''}", "{'Target':{}}", "{'Target':true}", "{'Target':1e999}",
        "{'Target':-1E+99999999999}"}) {
    CAPTURE(body);
    CHECK(code_of(body) == "member-type");
  }
  for (const std::string rest : {"'DocumentName':null",
                                 "'DocumentName':['AWS-StartSSHSession']",
                                 "'DocumentName':''",
                                 "'DocumentName':'ab'",
                                 "'DocumentName':'AWS StartSSHSession'",
                                 "'DocumentName':' AWS-StartSSHSession'",
                                 "'DocumentName':'AWS-StartSSHSession\\n'",
                                 "'DocumentName':'d\xC3\xBC"
                                 "r'",
                                 "'DocumentName':'AWS-StartSSHSession$'",
                                 "'Reason':null",
                                 "'Reason':''",
                                 "'Reason':7",
                                 "'Reason':'a\\nb'",
                                 "'Reason':'a\\r'",
                                 "'Reason':'\\u0085'",
                                 "'Reason':'x\\u2028y'",
                                 "'Reason':'\\u2029'",
                                 "'Parameters':null",
                                 "'Parameters':[]",
                                 "'Parameters':'x'",
                                 "'Parameters':{'a':'x'}",
                                 "'Parameters':{'a':null}",
                                 "'Parameters':{'a':{}}",
                                 "'Parameters':{'a':[1]}",
                                 "'Parameters':{'a':[null]}",
                                 "'Parameters':{'a':['x',['y']]}",
                                 "'Parameters':{'a':['x',{'y':'z'}]}",
                                 "'Parameters':{'a':['']}",
                                 "'Parameters':{'':['x']}",
                                 "'Parameters':{'host':['']}",
                                 "'Parameters':{'host':'a'}",
                                 "'Parameters':{'a':['x',true]}"}) {
    CAPTURE(rest);
    CHECK(code_of(with(rest)) == "member-type");
  }
}

TEST_CASE("lengths are those of the model in code points") {
  const std::string e = "\xC3\xA9";
  const std::string face = "\xF0\x9F\x98\x80";
  CHECK(code_of(with("'Reason':'" + repeat(e, 256) + "'")) == "ok");
  CHECK(code_of(with("'Reason':'" + repeat(face, 256) + "'")) == "ok");
  CHECK(code_of(with("'Reason':'" + repeat(e, 257) + "'")) == "member-type");
  CHECK(code_of(with("'Reason':'\\t'")) == "ok");
  CHECK(code_of("{'Target':'" + std::string(400, 'i') + "'}") == "target");
  CHECK(code_of("{'Target':'" + repeat(e, 400) + "'}") == "target");
  CHECK(code_of("{'Target':'" + std::string(401, 'i') + "'}") == "member-type");
  CHECK(code_of(own("'" + repeat(e, 255) + "':['x']")) == "ok");
  CHECK(code_of(own("'" + repeat(e, 256) + "':['x']")) == "member-type");
  CHECK(code_of(own("'x':['" + repeat(e, 65'535) + "']")) == "ok");
  CHECK(code_of(own("'x':['" + std::string(65'536, 'a') + "']")) == "member-type");
  CHECK(code_of(with("'DocumentName':'" + std::string(128, 'd') + "'")) == "ok");
  CHECK(code_of(with("'DocumentName':'" + std::string(129, 'd') + "'")) == "member-type");
}

TEST_CASE("numbers of values") {
  CHECK(code_of(own("'x':[]")) == "value-count");
  CHECK(code_of(own("'x':['a','b']")) == "ok");
  for (const std::string parameter : {"host", "portNumber", "localPortNumber", "command"}) {
    CAPTURE(parameter);
    CHECK(code_of(own("'" + parameter + "':[]")) == "value-count");
    CHECK(code_of(own("'" + parameter + "':['1','1']")) == "value-count");
  }
  CHECK(code_of(own("'Host':['a','b']")) == "ok");
}

TEST_CASE("parameters that a catalogued document does not take") {
  CHECK(code_of(remote("'Host':['a']")) == "unknown-parameter");
  CHECK(code_of(remote("'type':['a']")) == "unknown-parameter");
  CHECK(code_of(remote("'command':['a']")) == "unknown-parameter");
  const auto document = [](const std::string& name, const std::string& parameter) {
    return code_of(with("'DocumentName':'" + name + "','Parameters':{'" + parameter + "':['1']}"));
  };
  CHECK(document("AWS-StartPortForwardingSession", "host") == "unknown-parameter");
  CHECK(document("AWS-StartPortForwardingSession", "localPortNumber") == "ok");
  CHECK(document("AWS-StartSSHSession", "localPortNumber") == "unknown-parameter");
  CHECK(document("AWS-StartSSHSession", "portNumber") == "ok");
  CHECK(document("AWS-StartInteractiveCommand", "portNumber") == "unknown-parameter");
  CHECK(document("AWS-StartInteractiveCommand", "command") == "ok");
  CHECK(document("arn:aws:ssm:us-east-1::document/AWS-StartSSHSession", "x") ==
        "unknown-parameter");
  CHECK(document("arn:aws:ssm:us-east-1:111122223333:document/AWS-StartSSHSession", "x") == "ok");
  CHECK(document("MyDocument", "x") == "ok");
  CHECK(document("SSM-SessionManagerRunShell", "x") == "ok");
  CHECK(document("AWS-Unheard", "x") == "ok");
  CHECK(document("aws-startsshsession", "x") == "document");
  CHECK(document("arn:aws:ssm:us-west-2::document/AWS-StartSSHSession", "x") == "document");
  const std::string absent = with("'Parameters':{'x':['1']}");
  CHECK(code_of(absent) == "ok");
  CHECK(code_of(absent, "AWS-StartSSHSession") == "unknown-parameter");
  CHECK(code_of(absent, "MyDocument") == "ok");
}

TEST_CASE("references to Parameter Store") {
  for (const std::string value :
       {"{{ssm:x}}", "{{ ssm:x }}", "a{{", "{{", "{{{", "\\u007b{", "x\\u007B\\u007bssm:y}}"}) {
    CAPTURE(value);
    CHECK(code_of(own("'x':['a','" + value + "']")) == "parameter-reference");
    CHECK(code_of(remote("'host':['" + value + "']")) == "parameter-reference");
  }
  CHECK(code_of(own("'x':['{ {']")) == "ok");
  CHECK(code_of(own("'x':['{','{']")) == "ok");
  CHECK(code_of(own("'{{x}}':['a']")) == "ok");
  CHECK(detail_of(own("'x':['{{y}}']")).find("Parameter Store") != std::string::npos);
}

TEST_CASE("hosts ports and targets of any document are canonical") {
  CHECK(code_of(remote("'host':['127.1']")) == "host");
  CHECK(code_of(own("'host':['a b']")) == "host");
  CHECK(code_of(own("'host':['2130706433']")) == "host");
  CHECK(code_of(own("'portNumber':['022']")) == "port");
  CHECK(code_of(own("'portNumber':['0']")) == "port");
  CHECK(code_of(own("'localPortNumber':['0']")) == "ok");
  CHECK(code_of(own("'localPortNumber':['65536']")) == "port");
  CHECK(code_of(own("'Host':['127.1'],'PortNumber':['x']")) == "ok");
  CHECK(code_of("{'Target':'i-0123456789ABCDEF0'}") == "target");
  CHECK(code_of("{'Target':'i-0123456789abcdef0 '}") == "target");
  CHECK(code_of("{'Target':'*'}") == "target");
  CHECK(code_of(with("'DocumentName':'AWS-StartSSHSession:1'")) == "document");
  CHECK(code_of(with("'DocumentName':'a/b/c'")) == "document");
  CHECK(code_of(with("'DocumentName':'arn:aws:ssm:us-east-1::document/Mine'")) == "document");
}

TEST_CASE("of several faults the first of the table is reported") {
  // Each line has the faults of all lines below it as well.
  const std::string bad_document = "'DocumentName':'aws-startsshsession'";
  const std::string bad_target = "'Target':'x'";
  const auto body = [&](const std::string& parameters, const std::string& more) {
    return "{" + more + bad_target + "," + bad_document + ",'Parameters':{" + parameters + "}}";
  };
  const std::string port = "'portNumber':['x']";
  const std::string host = port + ",'host':['127.1']";
  const std::string reference = host + ",'r':['{{']";
  const std::string count = reference + ",'c':[]";
  const std::string type = count + ",'t':7";
  CHECK(code_of("{" + bad_document + "," + kTarget + "}") == "document");
  CHECK(code_of("{" + bad_document + "," + bad_target + "}") == "target");
  CHECK(code_of(body(port, "")) == "port");
  CHECK(code_of(body(host, "")) == "host");
  CHECK(code_of(body(reference, "")) == "parameter-reference");
  CHECK(code_of(body(count, "")) == "value-count");
  CHECK(code_of(body(type, "")) == "member-type");
  CHECK(code_of(body(count, "'Reason':'\\n',")) == "member-type");
  CHECK(code_of(body(type, "'z':1,")) == "unknown-member");
  CHECK(code_of(body(type, "'z':1,'z':1,")) == "duplicate-key");
  CHECK(code_of(body(type, "'z':1,'z':1,") + "x") == "json");
  CHECK(code_of(remote("'x':['{{']")) == "unknown-parameter");
  CHECK(code_of(remote("'x':[]")) == "value-count");
}

TEST_CASE("details say what is wrong and what to send") {
  CHECK(detail_of(own("'host':['a\\u001b[2J']")).find("a\\u001b[2J") != std::string::npos);
  CHECK(detail_of(own("'host':['" + std::string(5'000, ' ') + "']")).size() < 400);
  CHECK(detail_of(own("'portNumber':['022']")) ==
        "`portNumber` `022` must be a number from 1 to 65535, without sign, blank or leading zero");
  CHECK(detail_of("{}") == "`Target` is missing: say which node to open");
}

TEST_CASE("a whole request is read") {
  const StartSession session = read(
      "{'Parameters':{'localPortNumber':['0'],'host':['DB.Example.com.'],'portNumber':['5432']},"
      "'Reason':'OPS-7 \\u00fc','DocumentName':"
      "'arn:aws:ssm:us-east-1::document/AWS-StartPortForwardingSessionToRemoteHost'," +
      kTarget + "}");
  CHECK(session.target.text() == "i-0123456789abcdef0");
  CHECK(session.document->text() == "AWS-StartPortForwardingSessionToRemoteHost");
  CHECK(session.reason == "OPS-7 \xC3\xBC");
  CHECK(session.host->text() == "db.example.com");
  CHECK(session.port == 5432);
  CHECK(session.local_port == 0);
  CHECK(!session.command);
  REQUIRE(session.parameters.size() == 3);
  CHECK(session.parameters[0].name == "localPortNumber");
  CHECK(session.parameters[1].values == std::vector<std::string>{"DB.Example.com."});
}

TEST_CASE("what is absent stays absent") {
  const StartSession session = read("{" + kTarget + ",'Parameters':{}}");
  CHECK(!session.document);
  CHECK(!session.reason);
  CHECK(!session.host);
  CHECK(!session.port);
  CHECK(!session.local_port);
  CHECK(!session.command);
  CHECK(session.parameters.empty());
}
