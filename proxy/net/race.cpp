// The attempts run as plain callbacks on the caller's executor; its coroutine sleeps on a timer
// that is the deadline and, cancelled, the wake-up.
#include "net/race.hpp"

#include <memory>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/address_order.hpp"
#include "net/descriptor.hpp"
#include "net/socket.hpp"
#include "net/tokens.hpp"

namespace ssmgate::net {
namespace {

using Tcp = asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

// INVARIANT: touched on its executor alone; a handler that comes after `over` changes nothing.
class Race : public std::enable_shared_from_this<Race> {
 public:
  Race(asio::any_io_executor executor, std::vector<Tcp::endpoint> endpoints, AddressFilter denied,
       SteadyClock::time_point deadline)
      : finish_line(executor, deadline),
        executor_(std::move(executor)),
        deadline_(deadline),
        denied_(std::move(denied)),
        stagger_(executor_) {
    for (Tcp::endpoint& endpoint : endpoints)
      lanes_.push_back(Lane{endpoint, Tcp::socket(executor_)});
  }

  void start_next() {
    while (!over && next_ < lanes_.size()) {
      const std::size_t index = next_++;
      Lane& lane = lanes_[index];
      const error_code begun = begin(lane);
      if (begun != asio::error::in_progress) {
        take_outcome(lane, begun);
        continue;
      }
      ++running_;
      wait(index);
      if (next_ < lanes_.size()) arm_stagger();
      return;
    }
    if (!over && running_ == 0) end();
  }

  // Closes what is still under way.
  void stop() {
    over = true;
    stagger_.cancel();
    error_code ignored;
    for (Lane& lane : lanes_) {
      if (&lane != winner_) lane.socket.close(ignored);
    }
  }

  RaceResult result() {
    RaceResult result;
    if (winner_ != nullptr) result.socket.emplace(std::move(winner_->socket));
    for (Lane& lane : lanes_) {
      if (&lane == winner_) continue;
      if (!lane.error) lane.error = asio::error::timed_out;
      result.failures.push_back(RaceFailure{lane.endpoint, lane.error, lane.denied});
    }
    return result;
  }

  asio::steady_timer finish_line;
  bool over = false;

 private:
  struct Lane {
    Tcp::endpoint endpoint;
    Tcp::socket socket;
    error_code error = {};
    bool denied = false;
  };

  void arm_stagger() {
    stagger_.expires_after(stagger_of(deadline_ - SteadyClock::now(), lanes_.size() - next_));
    stagger_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && !self->over) self->start_next();
    });
  }

  // A server on this machine has answered by the time connect(2) returns. Taken at once, a dial is
  // over before the next one of a burst begins: none of them waits, and holds what a wait needs.
  static error_code begin(Lane& lane) {
    error_code error;
    open_socket(lane.socket, lane.endpoint.protocol(), error);
    return error ? error : begin_connecting(lane.socket, lane.endpoint);
  }

  void wait(std::size_t index) {
    lanes_[index].socket.async_wait(Tcp::socket::wait_write,
                                    [self = shared_from_this(), index](const error_code& error) {
                                      if (!self->over) self->on_writable(index, error);
                                    });
  }

  void on_writable(std::size_t index, const error_code& error) {
    Lane& lane = lanes_[index];
    const error_code outcome = error ? error : outcome_of_connecting(lane.socket);
    if (outcome == asio::error::in_progress) return wait(index);
    --running_;
    take_outcome(lane, outcome);
    start_next();
  }

  void take_outcome(Lane& lane, const error_code& outcome) {
    lane.error = outcome ? outcome : accept(lane);
    if (!lane.error) {
      winner_ = &lane;
      return end();
    }
    error_code ignored;
    lane.socket.close(ignored);
  }

  // The kernel has the last word on where a socket goes: 0.0.0.0 comes out at loopback.
  error_code accept(Lane& lane) {
    error_code error;
    const Tcp::endpoint peer = lane.socket.remote_endpoint(error);
    if (error) return error;
    lane.denied = denied_ && denied_(peer);
    if (lane.denied) return asio::error::no_permission;
    return prepare_socket(lane.socket);
  }

  void end() {
    stop();
    finish_line.cancel();
  }

  const asio::any_io_executor executor_;
  const SteadyClock::time_point deadline_;
  const AddressFilter denied_;
  asio::steady_timer stagger_;
  std::vector<Lane> lanes_;
  std::size_t next_ = 0;
  int running_ = 0;
  Lane* winner_ = nullptr;
};

}  // namespace

asio::awaitable<RaceResult> race_to_connect(std::vector<Tcp::endpoint> endpoints,
                                            AddressFilter denied,
                                            SteadyClock::time_point deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto race =
      std::make_shared<Race>(executor, std::move(endpoints), std::move(denied), deadline);
  race->start_next();
  if (!race->over) (void)co_await race->finish_line.async_wait(kAwait);
  race->stop();
  co_return race->result();
}

}  // namespace ssmgate::net
