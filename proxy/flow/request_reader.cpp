#include "flow/request_reader.hpp"

#include <algorithm>

#include <boost/asio/error.hpp>

#include "flow/renewal.hpp"
#include "flow/session_rules.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

// LIMIT: 16 MiB for the body of any operation (docs/architecture.md).
constexpr std::uint64_t kMaxBody = 16ULL * 1024 * 1024;
// LIMIT: a body over 64 KiB is large: such are counted (flow/body_memory), and of who is not let in
// anyhow they are not held.
constexpr std::uint64_t kLargeBody = 64 * 1024;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

RequestUnreadable unreadable(Code code, std::string_view detail) {
  RequestUnreadable out;
  out.code = code;
  out.detail = detail;
  return out;
}

std::string trouble_of(const net::error_code& error, std::string_view stage) {
  if (error != asio::error::timed_out) return "the client hung up in the middle of a request";
  return std::string(stage) + ": the client was too slow in the middle of a request";
}

RequestLost lost(std::string why) {
  RequestLost out;
  out.why = std::move(why);
  return out;
}

bool is_oversized_session(const wire::RequestHead& head) {
  if (head.content_length <= kMaxStartSessionBody) return false;
  return std::ranges::any_of(head.fields, [](const HttpField& field) {
    return iequals(field.name, "x-amz-target") && field.value == "AmazonSSM.StartSession";
  });
}

}  // namespace

void RequestReader::drop_last() {
  downstream_.inbox.erase(0, std::exchange(size_, 0));
  downstream_.inbox += std::exchange(downstream_.ahead, std::string());
  // A large body does not stay with an idle connection.
  if (downstream_.inbox.capacity() > kLargeBody) downstream_.inbox.shrink_to_fit();
  release();
}

asio::awaitable<Arrived> RequestReader::read() {
  drop_last();
  std::optional<Arrived> early = co_await read_head();
  if (early) co_return std::move(*early);
  // What will be cut off is not encouraged, and its body not held.
  const GenerationPtr now = downstream_.gateway.current();
  if (now != downstream_.generation) {
    std::optional<Route> cut = find_cut(*downstream_.entrance, interception_.endpoint.host, *now);
    if (cut) co_return RequestCut{std::move(*cut)};
  }
  if (head_.content_length > kMaxBody) {
    co_return unreadable(Code::too_large, "the body is over 16 MiB");
  }
  if (head_.expect_continue && downstream_.inbox.size() == head_.size) {
    const net::error_code error = co_await downstream_.send(kContinue);
    if (error) co_return lost(trouble_of(error, "body-timeout"));
  }
  // StartSession's body is refused by its length alone: what is dropped is never held.
  const bool in_vain = interception_.is_shut() && head_.content_length > kLargeBody;
  if (in_vain || is_oversized_session(head_)) co_return co_await drop_body();
  co_return co_await read_body();
}

// Nothing: `head_` is the next request's.
asio::awaitable<std::optional<Arrived>> RequestReader::read_head() {
  wire::HeadScan scan;
  Deadline deadline(limits().header_timeout);
  for (;;) {
    if (downstream_.inbox.empty()) {
      if (downstream_.watchdog.draining()) co_return ConnectionEnded{downstream_.take_arrived()};
      const Watchdog::Idle idle(downstream_.watchdog);
      const net::error_code error = co_await downstream_.read_more(limits().keepalive_timeout);
      if (error) co_return end_of_silence();
      // The time for a head begins with its first byte.
      deadline = Deadline(limits().header_timeout);
    }
    auto parsed = wire::parse_request_head(downstream_.inbox, scan);
    if (auto* whole = std::get_if<wire::RequestHead>(&parsed)) {
      head_ = std::move(*whole);
      co_return std::nullopt;
    }
    if (auto* fault = std::get_if<wire::FramingFault>(&parsed)) {
      co_return unreadable(Code::request_line, fault->detail);
    }
    std::string trouble = co_await read_on(deadline, "header-timeout");
    if (!trouble.empty()) co_return lost(std::move(trouble));
  }
}

// Who had sent part of a TLS record when it was to end had asked for something.
ConnectionEnded RequestReader::end_of_silence() const {
  const bool part = downstream_.watchdog.draining() && !downstream_.stream->is_drained();
  return ConnectionEnded{part};
}

asio::awaitable<Arrived> RequestReader::read_body() {
  WholeRequest request;
  const std::size_t size = head_.size + static_cast<std::size_t>(head_.content_length);
  const Deadline deadline(limits().body_timeout);
  const bool complete = downstream_.inbox.size() >= size;
  while (downstream_.inbox.size() < size) {
    std::string trouble = co_await read_on(deadline, "body-timeout");
    if (!trouble.empty()) co_return lost(std::move(trouble));
    // What has come is counted, not what was announced: that costs nothing.
    if (!hold(downstream_.inbox.size())) {
      co_return unreadable(Code::over_limit,
                           "there is no room for another large body just now: ssmgate holds 64 MiB "
                           "of one caller's and 256 MiB of all; send it again later");
    }
  }
  if (!complete) {
    // The bytes may have moved while the body came: the head's views are taken anew.
    auto parsed = wire::parse_request_head(downstream_.inbox);
    head_ = std::move(std::get<wire::RequestHead>(parsed));
  }
  const std::string_view behind = std::string_view(downstream_.inbox).substr(head_.size);
  request.body = behind.substr(0, head_.content_length);
  request.head = std::move(head_);
  size_ = size;
  co_return std::move(request);
}

asio::awaitable<Arrived> RequestReader::drop_body() {
  dropped_head_ = downstream_.inbox.substr(0, head_.size);
  downstream_.inbox.erase(0, head_.size);
  std::uint64_t left = head_.content_length;
  const Deadline deadline(limits().body_timeout);
  for (;;) {
    const auto here =
        static_cast<std::size_t>(std::min<std::uint64_t>(left, downstream_.inbox.size()));
    downstream_.inbox.erase(0, here);
    left -= here;
    if (left == 0) break;
    std::string trouble = co_await read_on(deadline, "body-timeout");
    if (!trouble.empty()) co_return lost(std::move(trouble));
  }
  WholeRequest request;
  auto parsed = wire::parse_request_head(dropped_head_);
  request.head = std::move(std::get<wire::RequestHead>(parsed));
  request.trait = RequestTrait::oversized;
  co_return std::move(request);
}

// Empty when more bytes came; else what the record says.
asio::awaitable<std::string> RequestReader::read_on(const Deadline& deadline,
                                                    std::string_view stage) {
  const net::error_code error = co_await downstream_.read_more(deadline.left());
  if (!error) co_return std::string();
  co_return trouble_of(error, stage);
}

bool RequestReader::hold(std::size_t size) {
  const std::int64_t more = static_cast<std::int64_t>(size) - held_;
  if (size <= kLargeBody || more <= 0) return true;
  if (!owner_) owner_ = owner_of(downstream_);
  if (!downstream_.gateway.body_memory.take(*owner_, more)) return false;
  held_ += more;
  return true;
}

void RequestReader::release() {
  if (owner_) downstream_.gateway.body_memory.give_back(*owner_, std::exchange(held_, 0));
}

}  // namespace ssmgate::flow
