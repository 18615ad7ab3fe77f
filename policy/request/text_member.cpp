#include "ssmgate/request/text_member.hpp"

#include "request/json_body.hpp"
#include "ssmgate/request/start_session.hpp"

namespace ssmgate {
namespace {

std::optional<std::string> find_text(const JsonBody& body, std::string_view name) {
  const auto& nodes = body.nodes();
  // Key, value, key, value … of the outermost object.
  for (std::size_t key = 1; key < nodes.front().end; key = nodes[key + 1].end) {
    const JsonNode& value = nodes[key + 1];
    if (nodes[key].text == name && value.kind == JsonNode::Kind::string) {
      return std::string(value.text);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_text_member(std::string_view body, std::string_view name) {
  if (body.size() > kMaxStartSessionBody) return std::nullopt;
  const auto read = read_json_body(body);
  if (!read || read->duplicate_key()) return std::nullopt;
  return find_text(*read, name);
}

std::optional<std::string> find_sole_member(std::string_view body, std::string_view name) {
  if (body.size() > kMaxStartSessionBody) return std::nullopt;
  const auto read = read_json_body(body);
  constexpr std::size_t kOne = 3;  // the object, its key, the value
  if (!read || read->nodes().size() != kOne) return std::nullopt;
  return find_text(*read, name);
}

}  // namespace ssmgate
