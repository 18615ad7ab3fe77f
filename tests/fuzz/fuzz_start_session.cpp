// A body is either decoded, and then every canonical value is its own canonical form, or it is
// malformed with a code of the body and a detail that may go to a terminal.
#include <cstdint>
#include <string>
#include <string_view>

#include "ssmgate/names/port.hpp"
#include "ssmgate/request/start_session.hpp"
#include "support/fuzz_check.hpp"

using namespace ssmgate;

namespace {

const Place kPlace{"us-east-1", "aws"};

const std::string* find_only_value(const StartSession& session, std::string_view name) {
  const std::string* found = nullptr;
  for (const Parameter& parameter : session.parameters) {
    FUZZ_CHECK(!parameter.values.empty());
    for (const std::string& value : parameter.values) {
      FUZZ_CHECK(value.find("{{") == std::string::npos && value.find('\0') == std::string::npos);
    }
    if (parameter.name != name) continue;
    FUZZ_CHECK(found == nullptr && parameter.values.size() == 1);
    found = &parameter.values.front();
  }
  return found;
}

void check_session(const StartSession& session) {
  FUZZ_CHECK(parse_target(session.target.text()) == session.target);
  if (session.document)
    FUZZ_CHECK(*parse_document(session.document->text(), kPlace) == *session.document);
  const std::string* host = find_only_value(session, "host");
  const std::string* port = find_only_value(session, "portNumber");
  const std::string* local = find_only_value(session, "localPortNumber");
  FUZZ_CHECK(session.host.has_value() == (host != nullptr));
  FUZZ_CHECK(session.port.has_value() == (port != nullptr));
  FUZZ_CHECK(session.local_port.has_value() == (local != nullptr));
  if (host != nullptr) FUZZ_CHECK(*parse_host(session.host->text()) == *parse_host(*host));
  if (port != nullptr) FUZZ_CHECK(std::to_string(*session.port) == *port);
  if (local != nullptr) FUZZ_CHECK(std::to_string(*session.local_port) == *local);
}

void check_malformed(const Malformed& malformed) {
  FUZZ_CHECK(Code::too_large <= malformed.code && malformed.code <= Code::document);
  FUZZ_CHECK(!malformed.detail.empty() && malformed.detail.size() < 2'000);
  for (const char c : malformed.detail) FUZZ_CHECK(' ' <= c && c <= '~');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const std::string_view default_document :
       {"SSM-SessionManagerRunShell", "AWS-StartSSHSession"}) {
    const auto session = decode_start_session(body, default_document, kPlace);
    if (session) {
      check_session(*session);
    } else {
      check_malformed(session.error());
    }
  }
  return 0;
}
