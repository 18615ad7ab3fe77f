#include "ssmgate/request/sole_member.hpp"

#include "request/json_body.hpp"

namespace ssmgate {

std::optional<std::string> find_sole_member(std::string_view body, std::string_view name) {
  const auto read = read_json_body(body);
  if (!read) return std::nullopt;
  // The object, its key, the value.
  const auto& nodes = read->nodes();
  if (nodes.size() != 3 || nodes[1].text != name || nodes[2].kind != JsonNode::Kind::string) {
    return std::nullopt;
  }
  return std::string(nodes[2].text);
}

}  // namespace ssmgate
