// A data channel's place in its session, from the CONNECT to its end.
#pragma once

#include <memory>
#include <string>

#include "flow/sessions.hpp"
#include "net/carry.hpp"

namespace ssmgate::flow {

class SessionKeeper;

class SessionChannel {
 public:
  SessionChannel(SessionKeeper& keeper, ChannelNumber number, const Sessions::Seat& seat);
  // Gives the place back. One that was open has ended by a fault of ours.
  ~SessionChannel();
  SessionChannel(const SessionChannel&) = delete;
  SessionChannel& operator=(const SessionChannel&) = delete;

  // The way up is open: from here on the channel carries the session. Others may watch `traffic`.
  void opened(std::shared_ptr<net::Traffic> traffic);
  // It is over, and so many bytes have passed.
  void over(std::uint64_t bytes_up, std::uint64_t bytes_down, Closer by);

  [[nodiscard]] ChannelNumber number() const noexcept { return number_; }
  [[nodiscard]] const SessionFacts& facts() const noexcept { return facts_; }
  [[nodiscard]] std::size_t candidates() const noexcept { return candidates_; }

 private:
  SessionKeeper& keeper_;
  const ChannelNumber number_;
  const SessionFacts facts_;
  const std::size_t candidates_;
  std::shared_ptr<net::Traffic> traffic_;  // while it is open
};
using SessionChannelPtr = std::unique_ptr<SessionChannel>;

}  // namespace ssmgate::flow
