// A refused StartSession, read back from its record as what a rule can say about it.
//
// Owns: which records are about a rule at all, and which of them say enough. A record is as little
// to be trusted as a request: its parts go through the decoder that requests go through.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "audit/record_view.hpp"
#include "ssmgate/request/aws_request.hpp"
#include "ssmgate/rules/decide.hpp"

namespace ssmgate::audit {

// What a rule has to say for exactly this request: every member an entry of the criterion of its
// name, defaults filled in. Empty or absent: the rule leaves the criterion out.
struct Asked {
  std::string user;  // else `client`
  std::string client;
  std::string account;  // else `access_key`, if there was one
  std::string access_key;
  std::string region;
  std::string document;
  std::string host;
  std::string target;
  std::optional<std::uint16_t> port;
  std::optional<std::string> command;
  std::vector<std::pair<std::string, std::string>> parameters;  // the others; sorted by name
  auto operator<=>(const Asked&) const = default;
};

// The request itself, to be judged again.
struct AskedRequest {
  Asked asked;
  Caller caller;
  AwsRequest request;
};

struct AskedOptions {
  std::string default_document = "SSM-SessionManagerRunShell";
  bool any_local_port = false;  // leave the port of the caller's own machine out
};

// Why no rule can be made of a record, as words that follow "N requests:".
struct NotSuggested {
  std::string why;
};

// `record` is a `decision` that refused a StartSession, or would have.
[[nodiscard]] std::variant<NotSuggested, AskedRequest> read_asked(const RecordView& record,
                                                                  const AskedOptions& options);

}  // namespace ssmgate::audit
