// One direction of a tunnel: what it does next. Pure; whoever drives it moves the bytes.
//
//   wait_readable → fill → drain → fill …      bytes flow; `drain` as long as some are held
//                     └ end → end_sending → over
//   drain → wait_writable → drain               back-pressure: nothing is read meanwhile
#pragma once

#include <cstddef>
#include <cstdint>

namespace ssmgate::net {

class OneWay {
 public:
  enum class Step : std::uint8_t {
    wait_readable,  // holds nothing
    fill,
    drain,
    wait_writable,
    end_sending,  // the source has ended, and all of it has gone out
    over,
  };

  [[nodiscard]] Step step() const noexcept { return step_; }
  // How many bytes have come in and not gone out.
  [[nodiscard]] std::size_t held() const noexcept { return held_; }
  // How many have gone out.
  [[nodiscard]] std::uint64_t passed() const noexcept { return passed_; }
  [[nodiscard]] bool source_ended() const noexcept { return ended_; }

  void readable() noexcept { step_ = Step::fill; }
  void writable() noexcept { step_ = Step::drain; }
  // `size` more than nothing.
  void filled(std::size_t size) noexcept;
  void fill_would_block() noexcept;
  void fill_ended() noexcept;
  void drained(std::size_t size) noexcept;
  void drain_would_block() noexcept { step_ = Step::wait_writable; }
  void end_sent() noexcept { step_ = Step::over; }

 private:
  Step step_ = Step::wait_readable;
  bool ended_ = false;
  std::size_t held_ = 0;
  std::uint64_t passed_ = 0;
};

}  // namespace ssmgate::net
