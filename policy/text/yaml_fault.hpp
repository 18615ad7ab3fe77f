// The YAML library's complaints in words that help.
#pragma once

#include <string>
#include <string_view>

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate {

// SOURCE: libyaml 0.2.5: what went wrong, and what it was doing when it did.
struct YamlFault {
  std::string_view problem;
  Position problem_at;
  std::string_view context;
  Position context_at;
};

// Which of its two places helps more to find the mistake.
[[nodiscard]] Position place_of(const YamlFault& fault);

// `at` is the text from `place_of(fault)` on.
[[nodiscard]] std::string describe_yaml_fault(const YamlFault& fault, std::string_view at);

}  // namespace ssmgate
