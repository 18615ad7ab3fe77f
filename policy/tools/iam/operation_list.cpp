#include "tools/iam/operation_list.hpp"

#include <algorithm>

#include "names/ascii.hpp"
#include "request/operations.hpp"

namespace ssmgate::tools::iam {
namespace {

constexpr std::string_view kStartSession = "StartSession";

std::string_view verb_of(std::string_view operation) {
  std::size_t end = 1;
  while (end < operation.size() && ascii::is_lower(operation[end])) ++end;
  return operation.substr(0, end);
}

bool may_stand_for(std::string_view prefix, const std::set<std::string_view>& wanted,
                   bool may_cover_start_session) {
  const auto known = known_operations();
  return std::all_of(known.begin(), known.end(), [&](std::string_view operation) {
    if (!operation.starts_with(prefix)) return true;
    return operation == kStartSession ? may_cover_start_session : wanted.contains(operation);
  });
}

}  // namespace

std::vector<std::string> compress_operations(const std::set<std::string_view>& wanted,
                                             bool may_cover_start_session) {
  if (wanted.empty()) return {};
  if (may_stand_for("", wanted, may_cover_start_session)) return {"*"};
  std::vector<std::string> out;
  for (const std::string_view operation : wanted) {
    const std::string_view verb = verb_of(operation);
    const bool known = std::ranges::binary_search(known_operations(), operation);
    std::string glob = known && may_stand_for(verb, wanted, may_cover_start_session)
                           ? std::string(verb) + '*'
                           : std::string(operation);
    if (out.empty() || out.back() != glob) out.push_back(std::move(glob));
  }
  return out;
}

}  // namespace ssmgate::tools::iam
