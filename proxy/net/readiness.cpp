#include "net/readiness.hpp"

#include <utility>

#include <boost/asio/error.hpp>

namespace ssmgate::net {

// The reactor's handler. When it is dropped without having been called, at the end of its event
// loop, so is the waiter: that may own the socket and this.
class Readiness::Arrival {
 public:
  explicit Arrival(std::shared_ptr<Readiness> of) : of_(std::move(of)) {}
  Arrival(Arrival&&) noexcept = default;
  Arrival& operator=(Arrival&&) = delete;
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;
  ~Arrival() {
    if (of_) of_->forget_waiter();
  }

  void operator()(const error_code& error) {
    const auto of = std::move(of_);
    of->over(error);
  }

 private:
  std::shared_ptr<Readiness> of_;
};

bool Readiness::take_arrival() noexcept {
  return std::exchange(arrived_, false);
}

void Readiness::watch(asio::ip::tcp::socket& socket) {
  wait(socket, nullptr);
  watching_ = true;
}

void Readiness::wait(asio::ip::tcp::socket& socket, Waiter waiter) {
  watching_ = false;
  Waiter displaced = std::exchange(waiter_, std::move(waiter));
  if (!std::exchange(waiting_, true)) {
    socket.async_wait(asio::ip::tcp::socket::wait_read, Arrival(shared_from_this()));
  }
  if (displaced) displaced(asio::error::operation_aborted);
}

void Readiness::forget_waiter() noexcept {
  const Waiter dropped = std::exchange(waiter_, nullptr);
}

void Readiness::over(const error_code& error) {
  waiting_ = false;
  watching_ = false;
  Waiter waiter = std::exchange(waiter_, nullptr);
  arrived_ = waiter == nullptr;
  if (waiter) waiter(error);
}

}  // namespace ssmgate::net
