// Random IAM policies and sessions out of a small world, so that they often meet.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "naive_iam.hpp"

class IamWorld {
 public:
  // `plain`: policies as most people write them, of which little is lost.
  IamWorld(unsigned seed, bool plain) : random_(seed), plain_(plain) {}

  // JSON with a list of statements.
  std::string policy();
  IamRequest request();

  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
  bool once_in(int n) { return below(n) == 0; }
  std::string one_of(const std::vector<std::string>& words) {
    return words[static_cast<std::size_t>(below(static_cast<int>(words.size())))];
  }

 private:
  std::string statement(bool first);
  std::string resource();
  std::string plain_resource();
  std::string condition(bool allows);

  std::mt19937 random_;
  bool plain_;
};

// The body of the request, with the parameters that its document takes.
std::string session_body(const IamRequest& request);
