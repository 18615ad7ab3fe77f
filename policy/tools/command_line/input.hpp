// The members of a StartSession request, as the AWS CLI collects them before it sends any.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ssmgate/tools/command_line.hpp"

namespace ssmgate::tools {

struct NamedValues {
  std::string name;
  std::vector<std::string> values;
};

struct SessionInput {
  std::optional<std::string> target;
  std::optional<std::string> document_name;
  std::optional<std::string> reason;
  std::optional<std::vector<NamedValues>> parameters;
};

}  // namespace ssmgate::tools
