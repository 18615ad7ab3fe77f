// Random policies and requests out of a small world, so that most of them nearly meet. The seed is
// given: a failure can be run again.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "ssmgate/tools/eval.hpp"

namespace ssmgate::random_world {

struct Request {
  tools::EvalCaller caller;
  std::string body;
};

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}

  // The text of a policy; may be one that does not load (an allow rule that must say `hosts`).
  // `regexes`: also rules with `reason`, about which the search may say that it cannot tell.
  std::string policy(bool regexes);
  // The same policy with a few entries, rules or settings changed.
  std::string variant(const std::string& policy, bool regexes);
  Request request();
  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
  bool chance(int of) { return below(of) == 0; }

 private:
  using Words = std::vector<std::string>;
  std::string pick(const Words& words);
  std::string list(const Words& words);
  std::string rule(const std::string& id, bool allows, bool regexes);
  std::string top(bool regexes);

  std::mt19937 random_;
};

}  // namespace ssmgate::random_world
