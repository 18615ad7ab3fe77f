#include "flow/closer.hpp"

#include <algorithm>
#include <array>

namespace ssmgate::flow {
namespace {

constexpr std::array<std::string_view, 9> kClosers = {
    "", "client", "upstream", "max-duration", "killed", "policy", "shutdown", "error", "deadline"};

}  // namespace

std::string_view name(Closer closer) noexcept {
  return kClosers.at(static_cast<std::size_t>(closer));
}

Closer find_closer(std::string_view name) noexcept {
  const auto* found = std::ranges::find(kClosers, name);
  return found == kClosers.end() ? Closer::none : static_cast<Closer>(found - kClosers.begin());
}

}  // namespace ssmgate::flow
