// The managed node or task that a session is opened on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ssmgate {

// A `Target` in one of the three forms that are known: `i-…`, `mi-…`, `ecs:CLUSTER_TASK_RUNTIME`.
class Target {
 public:
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  bool operator==(const Target&) const = default;

 private:
  friend std::optional<Target> parse_target(std::string_view text);
  explicit Target(std::string_view text) : text_(text) {}
  std::string text_;
};

[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

}  // namespace ssmgate
