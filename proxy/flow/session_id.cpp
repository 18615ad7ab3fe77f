#include "flow/session_id.hpp"

#include <boost/json.hpp>

#include "ssmgate/rules/decide.hpp"

namespace ssmgate::flow {
namespace {

constexpr std::size_t kMaxId = 96;

}  // namespace

std::string find_session_id(std::string_view body) {
  if (body.size() > kMaxSessionBody) return {};
  boost::system::error_code error;
  const auto value = boost::json::parse(body, error);
  if (error || !value.is_object()) return {};
  return find_session_id(value.as_object());
}

std::string find_session_id(const boost::json::object& members) {
  const auto* id = members.if_contains("SessionId");
  if (id == nullptr || !id->is_string() || id->as_string().size() > kMaxId) return {};
  return printable(std::string_view(id->as_string()));
}

}  // namespace ssmgate::flow
