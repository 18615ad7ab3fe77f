#include "flow/trouble_log.hpp"

#include <spdlog/spdlog.h>

#include "ssmgate/rules/decide.hpp"

namespace ssmgate::flow {

void TroubleLog::say(std::string_view host, std::uint16_t port, const UpstreamFault& fault) {
  if (const auto line = compose(host, port, fault, Clock::now())) spdlog::warn("{}", *line);
}

void TroubleLog::say_hung_up(std::string_view listener, const IpAddress& client,
                             std::string_view detail, std::string_view request_id) {
  const std::string where = std::string(listener) + ": ";
  const std::string what = where + std::string(detail);
  std::string line = where + "hung up on " + render_ip_address(client) + ": " +
                     std::string(detail) + " [request id " + std::string(request_id) + "]";
  if (const auto said = compose(Kind::client, what, std::move(line), Clock::now()))
    spdlog::warn("{}", *said);
}

void TroubleLog::say_no_session(std::string_view owner, std::string_view host, bool beside_live) {
  std::string line = "no-session: a data channel of " + printable(owner) + " to " +
                     std::string(host) + " was refused, ";
  line += beside_live
              ? "beside one that is open"
              : "because no session of theirs waits for one, or it was killed or ended by policy";
  line +=
      "; for `aws ecs execute-command` and other services that start sessions themselves set "
      "`sessions.without_start: allow`";
  if (const auto said = compose(Kind::session, "no-session", std::move(line), Clock::now())) {
    spdlog::warn("{}", *said);
  }
}

std::optional<std::string> TroubleLog::compose(std::string_view host, std::uint16_t port,
                                               const UpstreamFault& fault, Clock::time_point now) {
  const std::string what =
      std::string(host) + ":" + std::to_string(port) + ": " + std::string(name(fault.code));
  return compose(Kind::upstream, what, "upstream " + what + ": " + printable(fault.detail), now);
}

std::optional<std::string> TroubleLog::compose(Kind kind, const std::string& what, std::string line,
                                               Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Period& period = periods_[static_cast<std::size_t>(kind)];
  std::uint64_t again = 0;
  if (now - period.begun >= kEvery) {
    again = period.kept_back;
    for (const auto& [key, more] : period.said) again += more;
    period = Period{now, {}, 0};
  }
  if (const auto known = period.said.find(what); known != period.said.end()) {
    ++known->second;
    return std::nullopt;
  }
  if (period.said.size() >= kLines) {
    ++period.kept_back;
    return std::nullopt;
  }
  period.said.emplace(what, 0);
  if (again > 0) {
    line += " (" + std::to_string(again) + (again == 1 ? " more failure" : " more failures") +
            " since the last such line)";
  }
  return line;
}

}  // namespace ssmgate::flow
