#include "flow/session_channel.hpp"

#include <exception>
#include <utility>

#include <spdlog/spdlog.h>

#include "flow/session_keeper.hpp"

namespace ssmgate::flow {

SessionChannel::SessionChannel(SessionKeeper& keeper, ChannelNumber number,
                               const Sessions::Seat& seat)
    : keeper_(keeper), number_(number), facts_(seat.session->facts), candidates_(seat.candidates) {}

SessionChannel::~SessionChannel() {
  try {
    if (traffic_ != nullptr) {
      over(traffic_->up, traffic_->down, Closer::error);
    } else {
      keeper_.abandon(number_);
    }
  } catch (const std::exception& error) {
    spdlog::error("the end of a data channel could not be noted: {}", error.what());
  }
}

void SessionChannel::opened(std::shared_ptr<net::Traffic> traffic) {
  traffic_ = traffic;
  keeper_.opened(number_, std::move(traffic));
}

void SessionChannel::over(std::uint64_t bytes_up, std::uint64_t bytes_down, Closer by) {
  traffic_.reset();
  keeper_.lose(number_, bytes_up, bytes_down, by);
}

}  // namespace ssmgate::flow
