// The body of a StartSession request, decoded so strictly that no two readers can differ on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "ssmgate/code.hpp"
#include "ssmgate/names/document.hpp"
#include "ssmgate/names/host.hpp"
#include "ssmgate/names/target.hpp"

namespace ssmgate {

// A request that two readers could read differently. It is refused in every mode.
struct Malformed {
  Code code = Code::json;
  std::string detail;  // one line: what is wrong, where, and what to send instead
};

struct Parameter {
  std::string name;
  std::vector<std::string> values;  // at least one
};

// Only what is present in the request: no defaults.
struct StartSession {
  Target target;
  std::optional<Document> document;  // absent: the policy's default_document
  std::optional<std::string> reason;
  std::vector<Parameter> parameters;  // in the request's order

  // The parameters of these names in canonical form; they stand in `parameters` as well.
  std::optional<Host> host;
  std::optional<std::uint16_t> port;
  std::optional<std::uint16_t> local_port;
  std::optional<std::string> command;
};

// LIMIT: 256 KiB; real bodies are a few hundred bytes.
inline constexpr std::size_t kMaxStartSessionBody = 256 * 1024;

// `default_document` is the document that an absent DocumentName stands for (it decides which
// parameters are known). When several faults apply, the one that stands first in docs/policy.md is
// reported. Linear in the size of the body.
[[nodiscard]] boost::system::result<StartSession, Malformed> decode_start_session(
    std::string_view body, std::string_view default_document, const Place& place);

}  // namespace ssmgate
