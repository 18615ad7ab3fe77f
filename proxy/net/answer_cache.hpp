// What names were looked up as. Pure; the resolver's mutex guards it.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "net/resolver.hpp"

namespace ssmgate::net {

// LIMIT: answers are kept 30 s, failures 2 s, at most 4,096 names, the oldest answer first to go.
// An answer of up to 10 min ago may stand in where there is none.
class AnswerCache {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Keeps `found`, and returns what to answer: an old answer where `found` is none.
  Resolution keep(const std::string& host, Resolution found, Time now);
  [[nodiscard]] std::optional<Resolution> find(const std::string& host, Time now) const;
  // An answer, however old it is within those 10 min.
  [[nodiscard]] std::optional<Resolution> find_old(const std::string& host, Time now) const;

 private:
  struct Entry {
    Resolution answer;
    Time expiry;
    Time end;  // until then it may stand in for a fresh answer
    std::list<std::string>::iterator place;
  };
  std::map<std::string, Entry> entries_;
  std::list<std::string> order_;  // of names, the oldest answer first
};

}  // namespace ssmgate::net
