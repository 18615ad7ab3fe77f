// JavaScript's SDK, which looks at no variable: it goes past every proxy that it is not given.
#pragma once

#include <filesystem>
#include <string>

#include "commands/doctor/finding.hpp"

namespace ssmgate::doctor {

struct JavascriptFacts {
  std::string sdk;         // the folder of its SSM client, as Node would find it; empty: none
  bool has_agent = false;  // a proxy agent is installed beside it
};
// As Node looks for a package: in `folder`, and in each folder above.
[[nodiscard]] JavascriptFacts gather_javascript(std::filesystem::path folder);
[[nodiscard]] Findings check_javascript(const JavascriptFacts& facts);

}  // namespace ssmgate::doctor
