// yaml-cpp's complaints in words that help.
#pragma once

#include <string>
#include <string_view>

namespace ssmgate {

// `complaint` is the library's message; `at` the text from the place it points to.
[[nodiscard]] std::string describe_yaml_fault(std::string_view complaint, std::string_view at);

// Whether the library points behind the escape that it complains of.
[[nodiscard]] bool is_escape_fault(std::string_view complaint) noexcept;

}  // namespace ssmgate
