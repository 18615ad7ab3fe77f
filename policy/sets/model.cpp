#include "sets/model.hpp"

#include "rules/document_pattern.hpp"
#include "ssmgate/request/credential.hpp"
#include "tools/render.hpp"

namespace ssmgate::sets {
namespace {

constexpr std::string_view kAnyRegion = "us-east-1";

// render_instant leaves the fraction out; a witness is exact.
std::string exact_instant(Instant instant) {
  std::string text = render_instant(instant);
  const auto micros = (instant - std::chrono::floor<std::chrono::seconds>(instant)).count();
  if (micros == 0) return text;
  std::string digits = std::to_string(1'000'000 + micros).substr(1);
  text.insert(text.size() - 1, "." + digits);
  return text;
}

std::string document_name(const Model& model) {
  if (!model.document_account) return *model.name;
  const std::string region = model.region.value_or(std::string(kAnyRegion));
  return "arn:" + std::string(partition_of_region(region)) + ":ssm:" + region + ":" +
         *model.document_account + ":document/" + *model.name;
}

void append_member(std::string& body, std::string_view name, std::string_view value) {
  body.append(", \"").append(name).append("\": ");
  tools::append_json_string(body, value);
}

std::string body_of(const Model& model) {
  std::string body = "{\"Target\": ";
  tools::append_json_string(body, model.target);
  if (model.name) append_member(body, "DocumentName", document_name(model));
  if (model.reason) append_member(body, "Reason", *model.reason);
  if (model.parameters.empty()) return body + '}';
  std::string_view before = ", \"Parameters\": {";
  for (const auto& [name, values] : model.parameters) {
    body += before;
    tools::append_json_string(body, name);
    std::string_view open = ": [";
    for (const std::string& value : values) {
      body += open;
      tools::append_json_string(body, value);
      open = ", ";
    }
    body += ']';
    before = ", ";
  }
  return body + "}}";
}

}  // namespace

IpAddress usual_client() noexcept {
  return IpAddress::v4({127, 0, 0, 1});
}

Witness to_witness(const Model& model) {
  Witness witness;
  witness.body = body_of(model);
  tools::EvalCaller& caller = witness.caller;
  caller.user = model.user;
  caller.unix_user = model.unix_user;
  caller.unix_groups = model.unix_groups;
  if (model.client != usual_client()) caller.client = render_ip_address(model.client);
  caller.access_key = model.access_key;
  const bool carried = model.access_key && find_account(*model.access_key) == model.account;
  if (!carried) caller.account = model.account;
  caller.region = model.region;
  caller.at = exact_instant(model.now);
  return witness;
}

}  // namespace ssmgate::sets
