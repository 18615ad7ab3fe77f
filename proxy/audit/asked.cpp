#include "audit/asked.hpp"

#include <algorithm>

#include "ssmgate/names/endpoint.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/names/port.hpp"
#include "wire/json.hpp"

namespace ssmgate::audit {
namespace {

using Read = std::variant<NotSuggested, AskedRequest>;

constexpr std::string_view kLocalPort = "localPortNumber";

// The request's body, as far as the record has it.
std::string body_of(const RecordView& record) {
  wire::JsonObject body;
  body.text("Target", record.text(Field::target));
  if (record.has(Field::document)) body.text("DocumentName", record.text(Field::document));
  if (record.has(Field::parameters)) body.raw("Parameters", record.raw(Field::parameters));
  return body.done();
}

// What a gateway puts in the place of what it did not keep (flow/judge.cpp).
bool is_cut(const RecordView& record) {
  const std::string_view raw = record.raw(Field::parameters);
  for (const std::string_view mark : {"\"\\u2026\"", "\"…\"", "\\u2026 (", "… ("}) {
    if (raw.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

bool agrees(const RecordView& record, const StartSession& request) {
  const std::string document = request.document ? request.document->text() : std::string();
  const std::string host = request.host ? request.host->text() : std::string();
  const std::string port = request.port ? std::to_string(*request.port) : std::string();
  return record.text(Field::document) == document && record.text(Field::host) == host &&
         record.text(Field::port) == port && record.text(Field::target) == request.target.text();
}

// Entries that the policy language has another meaning for, and no way to quote.
bool says_more(std::string_view text) {
  return text == "any" || has_glob(text);
}

const CatalogueEntry* entry_of(const Document& document) {
  return document.owner() == Document::Owner::aws ? find_catalogued(document.name()) : nullptr;
}

// What the catalogue makes of parameters that the request lacks.
void fill_defaults(const CatalogueEntry& entry, const AskedOptions& options, Asked& asked) {
  if (asked.host.empty()) asked.host = entry.default_host;
  if (!asked.port && !entry.default_port.empty()) asked.port = parse_port(entry.default_port);
  auto& parameters = asked.parameters;
  const auto is_local = [](const auto& parameter) { return parameter.first == kLocalPort; };
  if (options.any_local_port) {
    std::erase_if(parameters, is_local);
  } else if (entry.takes_local_port &&
             std::none_of(parameters.begin(), parameters.end(), is_local)) {
    parameters.emplace_back(kLocalPort, entry.default_local_port);
  }
}

std::string fill_caller(const RecordView& record, Caller& caller, Asked& asked) {
  constexpr std::string_view kUnix = "unix:";
  const std::string client = record.text(Field::client);
  const auto address = parse_ip_address(client);
  if (!address) return "the record does not say by whom";
  caller.client = *address;
  asked.user = record.text(Field::user);
  if (asked.user.empty()) {
    asked.client = render_ip_address(unmapped(*address));
  } else if (record.text(Field::auth) == "local-user" && asked.user.starts_with(kUnix)) {
    caller.unix_user = asked.user.substr(kUnix.size());
  } else {
    caller.user = asked.user;
  }
  return says_more(asked.user) ? "a rule cannot name this user alone" : "";
}

std::string fill_claims(const RecordView& record, Claims& claims, Asked& asked) {
  claims.operation = record.text(Field::operation);
  claims.access_key = record.text(Field::access_key);
  claims.account = record.text(Field::account);
  claims.region = record.text(Field::region);
  asked.account = claims.account;
  // Keys that carry no account are old, and stay for long.
  if (asked.account.empty()) asked.access_key = claims.access_key;
  asked.region = claims.region;
  const bool wider = has_glob(asked.access_key) || has_glob(asked.region);
  return wider ? "a rule cannot name this access key or region alone" : "";
}

std::string fill_parameters(const StartSession& request, Asked& asked) {
  for (const Parameter& parameter : request.parameters) {
    if (parameter.values.size() != 1) {
      return "a rule cannot hold several values of one parameter together";
    }
    const bool own_key =
        parameter.name == "host" || parameter.name == "portNumber" || parameter.name == "command";
    if (!own_key) asked.parameters.emplace_back(parameter.name, parameter.values.front());
  }
  if (request.host) asked.host = request.host->text();
  asked.port = request.port;
  asked.command = request.command;
  if (asked.host == "any") return "a rule cannot name the host `any`, which stands for all";
  if (asked.command && says_more(*asked.command)) {
    return "a rule cannot name a command with `*` or `?` in it, or the command `any`, alone";
  }
  return "";
}

}  // namespace

Read read_asked(const RecordView& record, const AskedOptions& options) {
  if (is_cut(record)) return NotSuggested{"their parameters are not recorded whole"};
  AskedRequest read{{}, {}, AwsRequest{{}, OtherOperation{}}};
  Asked& asked = read.asked;
  std::string fault = fill_caller(record, read.caller, asked);
  if (fault.empty()) fault = fill_claims(record, read.request.claims, asked);
  if (!fault.empty()) return NotSuggested{std::move(fault)};
  Place place;
  place.region = asked.region;
  if (const auto endpoint = find_endpoint(record.text(Field::endpoint))) {
    place.partition = endpoint->partition;
  }
  auto decoded = decode_start_session(body_of(record), options.default_document, place);
  if (!decoded) return NotSuggested{"the record says what no request can"};
  if (!agrees(record, *decoded)) return NotSuggested{"the record contradicts itself"};
  fault = fill_parameters(*decoded, asked);
  if (!fault.empty()) return NotSuggested{std::move(fault)};
  asked.target = decoded->target.text();
  const auto document = parse_document(
      decoded->document ? decoded->document->text() : options.default_document, place);
  if (!document) return NotSuggested{"the default document is none"};
  asked.document = document->text();
  if (const CatalogueEntry* entry = entry_of(*document)) fill_defaults(*entry, options, asked);
  std::sort(asked.parameters.begin(), asked.parameters.end());
  if (const auto time = record.text(Field::time); time.empty()) {
    return NotSuggested{"the record does not say when"};
  }
  read.request.what = std::move(*decoded);
  return read;
}

}  // namespace ssmgate::audit
