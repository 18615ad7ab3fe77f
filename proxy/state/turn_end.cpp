#include "state/turn_end.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

namespace ssmgate::state {
namespace asio = boost::asio;

void TurnEnd::ring(const asio::any_io_executor& executor, const std::shared_ptr<Doorbell>& bell) {
  auto& turn = asio::use_service<TurnEnd>(asio::query(executor, asio::execution::context));
  if (std::ranges::find(turn.bells_, bell) != turn.bells_.end()) return;
  const bool first = turn.bells_.empty();
  turn.bells_.push_back(bell);
  if (!first) return;
  try {
    asio::post(executor, [&turn] {
      for (const auto& each : turn.bells_) each->ring();
      turn.bells_.clear();
    });
  } catch (...) {
    turn.bells_.clear();  // or nobody would ever ring them
    throw;
  }
}

}  // namespace ssmgate::state
