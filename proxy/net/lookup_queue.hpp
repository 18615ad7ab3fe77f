// The names that wait for a thread to look them up. Zones take turns, and no zone has more than its
// share of threads: a zone whose name servers are silent holds up its own names. Pure; the
// resolver's mutex guards it.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ssmgate::net {

// The last two labels, which is as near to "who runs the name servers" as a name tells by itself.
[[nodiscard]] std::string_view zone_of(std::string_view host);

class LookupQueue {
 public:
  // `share`: threads that one zone may have.
  explicit LookupQueue(std::size_t share) : share_(share) {}

  void push(const std::string& host);
  void remove(const std::string& host);  // one that waits
  // The next name, which then has a thread until `done`; nothing: none that may go on.
  [[nodiscard]] std::optional<std::string> take();
  void done(const std::string& host);
  // True when `take` would give a name.
  [[nodiscard]] bool has_next() const;
  void clear();

 private:
  struct Zone {
    std::list<std::string> waiting;
    std::size_t busy = 0;
  };
  [[nodiscard]] bool may_go_on(const Zone& zone) const {
    return !zone.waiting.empty() && zone.busy < share_;
  }

  const std::size_t share_;
  std::map<std::string, Zone, std::less<>> zones_;
  std::list<std::string> turns_;  // of zones, the next one first
};

}  // namespace ssmgate::net
