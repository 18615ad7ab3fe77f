// Policies and requests drawn at random from one small world, so that most of them nearly match.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "policy/rules/naive_evaluator.hpp"

namespace ssmgate::naive {

// The same seed gives the same world.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}

  // A policy of about as many rules. Not every one loads: an allow rule may lack what it must say.
  std::string policy(int rules);
  Question question();

 private:
  using Words = std::vector<std::string>;

  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
  bool chance(int of) { return below(of) == 0; }
  std::string pick(const Words& words) {
    return words[static_cast<std::size_t>(below(static_cast<int>(words.size())))];
  }
  std::string list(const Words& words);
  std::string time();
  std::string hours();
  std::string parameters();
  std::string rule(const std::string& id, bool allows);
  std::string spelt(std::string host);
  std::string sent_parameters();

  std::mt19937 random_;
  bool large_ = false;
};

}  // namespace ssmgate::naive
