// How many connections there are, in all and of each client; and the way to reach them all.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "config/config.hpp"
#include "flow/watchdog.hpp"
#include "ssmgate/names/ip_address.hpp"

namespace ssmgate::flow {

// Safe from several threads.
class Admission {
 public:
  explicit Admission(const config::Limits& limits) : limits_(limits) {}

  // For whom a connection counts: an address, until its user is known.
  using Who = std::variant<IpAddress, std::string>;

  // One connection's place; given back when it goes.
  class Ticket {
   public:
    Ticket(Admission& admission, const IpAddress& client, std::shared_ptr<Watchdog> watchdog)
        : admission_(&admission), who_(client), watchdog_(std::move(watchdog)) {}
    ~Ticket();
    // From here on the connection counts for `user`, and no more for its address. False: the user
    // has as many as one may have, and nothing has changed.
    [[nodiscard]] bool count_for(const std::string& user);
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

   private:
    Admission* admission_;
    Who who_;
    std::shared_ptr<Watchdog> watchdog_;
  };

  // How many there are.
  [[nodiscard]] std::size_t count() const;
  // For those that come from now on.
  void set_limits(const config::Limits& limits);

  // Null: over a limit.
  [[nodiscard]] std::unique_ptr<Ticket> admit(const IpAddress& client,
                                              std::shared_ptr<Watchdog> watchdog);
  // Waits until no connection is left, until `until`, or until `hasten`.
  void wait_until_empty(std::chrono::steady_clock::time_point until);
  void hasten();
  // Closes every connection that has nothing under way, now or once it has not.
  void drain_all();
  // The same for those that none of `entrances` let in.
  void drain_all_but(const std::vector<std::shared_ptr<const Entrance>>& entrances);
  // Closes every connection; a wait that follows is not cut short by an earlier `hasten`.
  void stop_all();

 private:
  void let_go(const Who& who);

  mutable std::mutex mutex_;
  config::Limits limits_;
  std::condition_variable changed_;
  bool hastened_ = false;
  std::map<Who, std::uint32_t> of_client_;
  std::set<std::shared_ptr<Watchdog>> live_;
};

}  // namespace ssmgate::flow
