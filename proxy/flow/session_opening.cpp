#include "flow/session_opening.hpp"

#include <spdlog/spdlog.h>

#include "flow/session_answer.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;

asio::awaitable<std::string> SessionOpening::learn(std::string_view body,
                                                   std::string_view encoding) {
  const auto answer = read_session_answer(body, encoding);
  if (!answer) {
    // The client finds out for itself; its data channel would be refused.
    spdlog::warn("an answer of status 200 names no session with a data channel; it was passed on");
    co_return std::string();
  }
  // What was asked to be resumed is what was judged.
  if (kind_ == Kind::start) facts_.id = answer->session_id;
  facts_.channel_host = answer->channel_host;
  session_id_ = facts_.id;
  std::string trouble = co_await keeper_.learn(std::move(facts_), kind_ == Kind::resume);
  place_.reset();
  co_return trouble;
}

void SessionOpening::answered() {
  if (!session_id_.empty()) keeper_.answered(session_id_);
}

}  // namespace ssmgate::flow
