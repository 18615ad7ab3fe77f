// The head of a request on an intercepted host: the codes of docs/policy.md that concern every
// operation, before and behind those of StartSession's body.
#include "ssmgate/request/aws_request.hpp"

#include <cstdint>

#include "names/ascii.hpp"
#include "request/operations.hpp"
#include "request/printable.hpp"
#include "ssmgate/request/credential.hpp"

namespace ssmgate {
namespace {

constexpr std::string_view kTargetPrefix = "AmazonSSM.";
constexpr std::string_view kContentType = "application/x-amz-json-1.1";

// A field that must stand once: of two, no two readers agree on which counts.
struct OnlyField {
  std::size_t count = 0;
  std::string_view value;

  void add(std::string_view sent) noexcept {
    value = sent;
    ++count;
  }
  [[nodiscard]] std::optional<std::string_view> get() const noexcept {
    return count == 1 ? std::optional(value) : std::nullopt;
  }
};

struct Fields {
  OnlyField target, content_type, host, authorization;
  bool exact_target = false;
  std::optional<std::string_view> encoding;  // the first that is not `identity`
};

// True for X-Amz-Target, and for what some reader may take for it, such as X_Amz_Target.
bool spells_target(std::string_view name) noexcept {
  constexpr std::string_view kLetters = "xamztarget";
  std::size_t next = 0;
  for (const char c : name) {
    if (!ascii::is_letter(c)) continue;
    if (next == kLetters.size() || ascii::to_lower(c) != kLetters[next]) return false;
    ++next;
  }
  return next == kLetters.size();
}

Fields collect_fields(const HttpRequest& request) noexcept {
  Fields fields;
  for (const HttpField& field : request.fields) {
    if (spells_target(field.name)) fields.target.add(field.value);
    if (iequals(field.name, "x-amz-target")) fields.exact_target = true;
    if (iequals(field.name, "content-type")) fields.content_type.add(field.value);
    if (iequals(field.name, "host")) fields.host.add(field.value);
    if (iequals(field.name, "authorization")) fields.authorization.add(field.value);
    const bool encoded = iequals(field.name, "content-encoding") && field.value != "identity";
    if (encoded && !fields.encoding) fields.encoding = field.value;
  }
  return fields;
}

// The operation that the one X-Amz-Target names; empty when it names none.
std::string_view find_operation(const Fields& fields) noexcept {
  const auto target = fields.target.get();
  if (!target || !fields.exact_target || !target->starts_with(kTargetPrefix)) return {};
  const std::string_view name = target->substr(kTargetPrefix.size());
  return is_operation_name(name) ? name : std::string_view{};
}

std::string describe_count(std::string_view field, const OnlyField& found) {
  return "`" + std::string(field) + "` must stand exactly once, not " +
         std::to_string(found.count) + " times";
}

Malformed target_fault(const Fields& fields) {
  if (fields.target.count != 1) {
    return {Code::target_header, describe_count("X-Amz-Target", fields.target)};
  }
  if (!fields.exact_target) {
    return {Code::target_header, "the field must be spelt `X-Amz-Target`"};
  }
  return {Code::target_header,
          "`X-Amz-Target` " + quote_excerpt(fields.target.value) +
              " must be `AmazonSSM.` and the name of an operation, in AWS's spelling"};
}

// A query may hold a presigned signature or a session token, and the message ends in the audit log.
Malformed request_line_fault(const HttpRequest& request) {
  const std::size_t query = request.target.find('?');
  std::string shown = quote_excerpt(std::string(request.method) + " " +
                                    std::string(request.target.substr(0, query)));
  if (query != std::string_view::npos) shown += " with a query";
  return {Code::request_line, "the request must be `POST /`, not " + shown};
}

std::optional<Malformed> find_head_fault(const HttpRequest& request, const Fields& fields,
                                         std::string_view operation) {
  if (operation.empty()) return target_fault(fields);
  if (request.method != "POST" || request.target != "/") {
    return request_line_fault(request);
  }
  if (fields.content_type.count != 1) {
    return Malformed{Code::content_type, describe_count("Content-Type", fields.content_type)};
  }
  if (fields.content_type.value != kContentType) {
    return Malformed{Code::content_type, "`Content-Type` must be `" + std::string(kContentType) +
                                             "`, not " + quote_excerpt(fields.content_type.value)};
  }
  if (fields.encoding) {
    return Malformed{Code::content_encoding,
                     "the body must come as it is, not in `Content-Encoding` " +
                         quote_excerpt(*fields.encoding)};
  }
  return std::nullopt;
}

// True when `sent` names `host`: in any case, with at most one trailing dot.
bool names_host(std::string_view sent, std::string_view host) noexcept {
  if (sent.ends_with('.')) sent.remove_suffix(1);
  return !host.empty() && iequals(sent, host);
}

std::string_view without_default_port(std::string_view host) noexcept {
  constexpr std::string_view kPort = ":443";
  return host.ends_with(kPort) ? host.substr(0, host.size() - kPort.size()) : host;
}

Malformed endpoint_fault(const Authority& authority, std::string_view what) {
  return {Code::endpoint_mismatch, "the connection was opened for " +
                                       quote_excerpt(authority.connect_host) + ", but " +
                                       std::string(what)};
}

std::optional<Malformed> find_endpoint_fault(const Fields& fields, const Authority& authority,
                                             const std::optional<Credential>& credential) {
  if (!authority.server_name) return endpoint_fault(authority, "TLS came without a server name");
  if (!names_host(*authority.server_name, authority.connect_host)) {
    return endpoint_fault(authority,
                          "TLS's server name is " + quote_excerpt(*authority.server_name));
  }
  if (fields.host.count != 1) {
    return endpoint_fault(authority, describe_count("Host", fields.host));
  }
  if (!names_host(without_default_port(fields.host.value), authority.connect_host)) {
    return endpoint_fault(authority, "`Host` is " + quote_excerpt(fields.host.value));
  }
  if (!credential) return std::nullopt;
  if (credential->service != "ssm") {
    return endpoint_fault(authority, "the signature is for the service " +
                                         quote_excerpt(credential->service) + ", not `ssm`");
  }
  if (!authority.region.empty() && credential->region != authority.region) {
    return endpoint_fault(authority,
                          "the signature is for the region " + quote_excerpt(credential->region));
  }
  return std::nullopt;
}

Claims read_claims(std::string_view operation, const std::optional<Credential>& credential,
                   const Authority& authority) {
  Claims claims;
  claims.operation = operation;
  claims.region = authority.region;
  if (!credential) return claims;
  claims.access_key = credential->access_key;
  claims.account = find_account(credential->access_key).value_or("");
  if (authority.region.empty()) claims.region = credential->region;
  return claims;
}

}  // namespace

AwsRequest decode_aws_request(const HttpRequest& request, const Authority& authority,
                              std::string_view default_document) {
  const Fields fields = collect_fields(request);
  const std::string_view operation = find_operation(fields);
  const auto authorization = fields.authorization.get();
  const auto credential = authorization ? parse_credential(*authorization) : std::nullopt;

  AwsRequest decoded{read_claims(operation, credential, authority), OtherOperation{}};
  if (auto fault = find_head_fault(request, fields, operation)) {
    decoded.what = *std::move(fault);
    return decoded;
  }
  if (operation == "StartSession") {
    const Place place{decoded.claims.region, std::string(authority.partition)};
    auto session = decode_start_session(request.body, default_document, place);
    if (!session) {
      decoded.what = std::move(session).error();
      return decoded;
    }
    decoded.what = *std::move(session);
  }
  if (auto fault = find_endpoint_fault(fields, authority, credential)) {
    decoded.what = *std::move(fault);
  } else if (!credential) {
    decoded.what = Malformed{Code::unsigned_request,
                             "the request must carry exactly one `Authorization: AWS4-HMAC-SHA256`"
                             " with a credential: sign it with AWS Signature Version 4"};
  }
  return decoded;
}

}  // namespace ssmgate
