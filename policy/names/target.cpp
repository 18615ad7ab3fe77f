// The three known forms of `Target`. The API's model gives it no pattern, so whatever else the
// service may take is refused rather than guessed.
#include "ssmgate/names/target.hpp"

#include <algorithm>

#include "names/ascii.hpp"

namespace ssmgate {
namespace {

bool is_hex_id(std::string_view id) noexcept {
  return std::all_of(id.begin(), id.end(), ascii::is_lower_hex);
}

bool is_ecs_part(std::string_view part) noexcept {
  return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
    return ascii::is_alnum(c) || c == '-' || c == '_';
  });
}

// CLUSTER_TASK_RUNTIME. Only the cluster may hold a '_', so the last two separate the parts.
bool is_ecs_id(std::string_view id) noexcept {
  const std::size_t second = id.rfind('_');
  if (second == std::string_view::npos || second == 0) return false;
  const std::size_t first = id.rfind('_', second - 1);
  if (first == std::string_view::npos) return false;
  return is_ecs_part(id.substr(0, first)) &&
         is_ecs_part(id.substr(first + 1, second - first - 1)) &&
         is_ecs_part(id.substr(second + 1));
}

bool is_target(std::string_view text) noexcept {
  if (text.starts_with("i-")) {
    const std::string_view id = text.substr(2);
    return (id.size() == 8 || id.size() == 17) && is_hex_id(id);
  }
  if (text.starts_with("mi-")) return text.size() == 20 && is_hex_id(text.substr(3));
  return text.starts_with("ecs:") && is_ecs_id(text.substr(4));
}

}  // namespace

std::optional<Target> parse_target(std::string_view text) {
  if (!is_target(text)) return std::nullopt;
  return Target(text);
}

}  // namespace ssmgate
