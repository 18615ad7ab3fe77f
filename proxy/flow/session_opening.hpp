// One StartSession, ResumeSession or TerminateSession of one's own on its way: from its permit to
// the last byte of its answer.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "flow/session_keeper.hpp"

namespace ssmgate::flow {

class SessionOpening {
 public:
  enum class Kind : std::uint8_t { start, resume, terminate };
  SessionOpening(SessionKeeper& keeper, Kind kind, SessionFacts&& facts, SessionPlacePtr&& place)
      : keeper_(keeper), kind_(kind), facts_(std::move(facts)), place_(std::move(place)) {}

  // The answer's body, of status 200, before any of it is passed on: the session is known, or has
  // ended, and that is stored. Empty: it may be passed on; else why not.
  [[nodiscard]] boost::asio::awaitable<std::string> learn(std::string_view body,
                                                          std::string_view encoding);
  // All of it has been passed on.
  void answered();
  // Empty until it is known.
  [[nodiscard]] const std::string& session_id() const noexcept { return session_id_; }

 private:
  SessionKeeper& keeper_;
  const Kind kind_;
  SessionFacts facts_;
  SessionPlacePtr place_;
  std::string session_id_;
};

}  // namespace ssmgate::flow
