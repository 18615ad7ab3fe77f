// A request whose framing has been proved sound, as views into the bytes that arrived.
#pragma once

#include <string_view>
#include <vector>

namespace ssmgate {

struct HttpField {
  std::string_view name;   // as sent
  std::string_view value;  // without the blanks around it
};

// Valid as long as the bytes it was parsed from.
struct HttpRequest {
  std::string_view method;
  std::string_view target;  // the request-target, as sent
  std::vector<HttpField> fields;
  std::string_view body;
};

// `iequals` of two that are equally long.
[[nodiscard]] bool iequals_of_one_length(std::string_view a, std::string_view b) noexcept;
// ASCII case-insensitive equality: for field names, never for values that AWS compares by case.
[[nodiscard]] inline bool iequals(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && iequals_of_one_length(a, b);
}

}  // namespace ssmgate
