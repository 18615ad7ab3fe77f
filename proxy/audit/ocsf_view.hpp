// A record in OCSF's shape (`format: ocsf`), found field by field again.
// SOURCE: state/ocsf.cpp, which makes them.
#pragma once

#include <array>
#include <string_view>

#include "audit/record_view.hpp"

namespace ssmgate::audit {

// The members of a line that hold fields of a record in OCSF, as written.
class OcsfMembers {
 public:
  // Keeps the member if it is one of them; false when it stands there twice.
  [[nodiscard]] bool take(std::string_view key, std::string_view value);
  // True when the line is in that shape.
  [[nodiscard]] bool found() const noexcept { return !values_[kUnmapped].empty(); }
  // The fields, each into its place. False when one is there already.
  [[nodiscard]] bool spread(std::array<std::string_view, kFields>& raw) const;

 private:
  static constexpr std::size_t kMembers = 10;
  static constexpr std::size_t kUnmapped = 0;
  std::array<std::string_view, kMembers> values_;
};

}  // namespace ssmgate::audit
