// The value of a result or optional that a test relies on.
#pragma once

#include <stdexcept>
#include <utility>

namespace ssmgate::test {

// Throws, and so fails the test, when there is none. Unlike REQUIRE, compilers see that it does.
template <class Holder>
[[nodiscard]] auto value_of(Holder&& holder) {
  if (!holder.has_value()) throw std::runtime_error("a value was expected and there is none");
  return *std::forward<Holder>(holder);
}

}  // namespace ssmgate::test
