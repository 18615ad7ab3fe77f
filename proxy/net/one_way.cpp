#include "net/one_way.hpp"

namespace ssmgate::net {

void OneWay::filled(std::size_t size) noexcept {
  held_ += size;
  step_ = Step::drain;
}

void OneWay::fill_would_block() noexcept {
  step_ = held_ > 0 ? Step::drain : Step::wait_readable;
}

void OneWay::fill_ended() noexcept {
  ended_ = true;
  step_ = held_ > 0 ? Step::drain : Step::end_sending;
}

void OneWay::drained(std::size_t size) noexcept {
  held_ -= size;
  passed_ += size;
  if (held_ > 0) return;
  step_ = ended_ ? Step::end_sending : Step::fill;
}

}  // namespace ssmgate::net
