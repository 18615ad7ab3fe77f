#include "flow/body_memory.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ssmgate::flow;

TEST_CASE("an owner has a quarter, and all together have the whole") {
  BodyMemory memory;
  const Owner greedy{"greedy", true};
  CHECK(memory.take(greedy, BodyMemory::kMostOfOne - 1));
  CHECK(memory.take(greedy, 1));
  CHECK_FALSE(memory.take(greedy, 1));
  for (int i = 0; i < 3; ++i) {
    CHECK(memory.take(Owner{std::to_string(i), true}, BodyMemory::kMostOfOne));
  }
  const Owner late{"late", false};
  CHECK_FALSE(memory.take(late, 1));
  memory.give_back(greedy, 10);
  CHECK_FALSE(memory.take(late, 11));
  CHECK(memory.take(late, 10));
  memory.give_back(late, 10);
  memory.give_back(greedy, BodyMemory::kMostOfOne - 10);
  CHECK(memory.take(late, BodyMemory::kMostOfOne));
}

TEST_CASE("a user and an address of the same name are two") {
  BodyMemory memory;
  CHECK(memory.take(Owner{"10.0.0.1", true}, BodyMemory::kMostOfOne));
  CHECK(memory.take(Owner{"10.0.0.1", false}, BodyMemory::kMostOfOne));
}
