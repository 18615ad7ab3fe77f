// Takes requests off an intercepted connection, one at a time and whole.
//
// Owns: deadlines, sizes and memory of what a client sends. Does not own: whether a request may
// pass, and what is recorded and answered (intercept.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <boost/asio/awaitable.hpp>

#include "flow/downstream.hpp"
#include "flow/judge.hpp"
#include "flow/route.hpp"
#include "wire/request_head.hpp"

namespace ssmgate::flow {

// Between two requests: nothing is lost when a connection ends here.
struct ConnectionEnded {
  bool unread = false;  // it was to end, and the client has sent more
};

// The client went away, or was too slow, within a request.
struct RequestLost {
  std::string why;
};

// One that is neither read on nor judged, for its head or for want of room: the connection ends
// with the answer.
struct RequestUnreadable {
  Code code = Code::request_line;
  std::string detail;
};

// What is asked here is not judged any more: by a reload that came before its body.
struct RequestCut {
  Route why;
};

struct WholeRequest {
  wire::RequestHead head;  // views, like `body`, into what the reader keeps until its next read
  std::string_view body;
  RequestTrait trait = RequestTrait::none;
};

using Arrived =
    std::variant<ConnectionEnded, RequestLost, RequestUnreadable, RequestCut, WholeRequest>;

class RequestReader {
 public:
  // Where `interception` is shut, a large body is read and dropped.
  RequestReader(Downstream& downstream, const Interception& interception)
      : downstream_(downstream), interception_(interception) {}
  ~RequestReader() { release(); }
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // Drops the request before it, and waits for the next.
  [[nodiscard]] boost::asio::awaitable<Arrived> read();

 private:
  using Held = boost::asio::awaitable<Arrived>;

  [[nodiscard]] const config::Limits& limits() const {
    return downstream_.generation->config.limits;
  }
  void drop_last();
  [[nodiscard]] boost::asio::awaitable<std::optional<Arrived>> read_head();
  [[nodiscard]] ConnectionEnded end_of_silence() const;
  [[nodiscard]] Held read_body();
  [[nodiscard]] Held drop_body();
  [[nodiscard]] boost::asio::awaitable<std::string> read_on(const Deadline& deadline,
                                                            std::string_view stage);
  // Counts what the inbox holds of a large body; false when all of them hold too much.
  [[nodiscard]] bool hold(std::size_t size);
  void release();

  Downstream& downstream_;
  const Interception& interception_;
  wire::RequestHead head_;      // of the request that is being read
  std::size_t size_ = 0;        // of the request in hand, at the front of the inbox
  std::string dropped_head_;    // of one whose body was not kept
  std::optional<Owner> owner_;  // for whom large bodies count; none before the first
  std::int64_t held_ = 0;       // of what they may take
};

}  // namespace ssmgate::flow
