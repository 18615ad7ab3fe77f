#include "admin/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "net/tokens.hpp"

namespace ssmgate::admin {
namespace asio = boost::asio;
using boost::system::error_code;
using net::kAwait;
namespace {

// LIMIT: to send a request, and to take some of an answer.
constexpr std::chrono::seconds kReadTime{10};
constexpr std::chrono::seconds kWriteTime{10};
// LIMIT: what a route may take, a reload of large files included.
constexpr std::chrono::seconds kReplyTime{60};
constexpr std::chrono::seconds kFeedPeriod{1};
// LIMIT: pages that are open at a time.
constexpr std::size_t kMaxFeeds = 32;
constexpr std::size_t kReadSize = 8 * 1024;

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 422: return "Unprocessable Content";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Internal Server Error";
  }
}

}  // namespace

Connection::Connection(Socket socket, Shared& shared)
    : socket_(std::move(socket)),
      shared_(shared),
      deadline_(socket_.get_executor()),
      pause_(socket_.get_executor()) {
  ++shared_.connections;
  become_idle();
}

Connection::~Connection() {
  leave_idle();
  --shared_.connections;
}

void Connection::become_idle() {
  leave_idle();
  idle_ = shared_.idle.insert(shared_.idle.end(), this);
}

void Connection::leave_idle() {
  if (idle_) shared_.idle.erase(*idle_);
  idle_.reset();
}

void Connection::hang_up() {
  leave_idle();
  error_code ignored;
  socket_.close(ignored);
  pause_.cancel();
}

void WayBack::bring(std::weak_ptr<Connection> to, Answer answer) {
  const std::lock_guard lock(mutex_);
  if (context_ == nullptr) return;
  asio::post(*context_, [to = std::move(to), answer = std::move(answer)]() mutable {
    if (const auto connection = to.lock()) connection->take(std::move(answer));
  });
}

void WayBack::close() {
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
}

void Connection::take(Answer answer) {
  answer_ = std::move(answer);
  pause_.cancel();
}

void Connection::set_deadline(std::chrono::milliseconds limit) {
  deadline_.expires_after(limit);
  deadline_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->deadline_.expiry() > asio::steady_timer::clock_type::now()) return;
    self->hang_up();
  });
}

asio::awaitable<void> Connection::run(std::shared_ptr<Connection> self) {
  self->set_deadline(kReadTime);
  const bool asked = co_await self->read_request();
  if (asked) {
    self->set_deadline(kReplyTime);
    self->dispatch();
    co_await self->wait_for_reply();
  }
  if (!self->answer_) co_return;
  const bool feeds = self->answer_->feed != nullptr && !self->head_only_;
  std::string text = self->head_of(*self->answer_);
  if (!self->head_only_) text += self->answer_->body;
  const bool sent = co_await self->write(std::move(text));
  if (sent && feeds) co_await self->send_feed();
  if (sent) co_await self->end();
}

// False: what is to be answered to no request is in `answer_`, if anything.
asio::awaitable<bool> Connection::read_request() {
  std::string buffer(kReadSize, '\0');
  for (;;) {
    const asio::mutable_buffer room = asio::buffer(buffer);
    const auto [error, size] = co_await socket_.async_read_some(room, kAwait);
    if (error) co_return false;
    const auto state = reader_.consume(std::string_view(buffer).substr(0, size));
    if (state == RequestReader::State::done) co_return true;
    if (state == RequestReader::State::failed) {
      answer_ = reader_.fault();
      co_return false;
    }
  }
}

void Connection::dispatch() {
  leave_idle();
  Request request = reader_.take();
  head_only_ = request.method == "HEAD";
  // INVARIANT: a reply keeps no connection: who replies may outlive the listener, and its last
  // reference would be dropped on another thread.
  shared_.router.dispatch(std::move(request), shared_.token,
                          [way_back = shared_.way_back, self = weak_from_this()](Answer answer) {
                            way_back->bring(self, std::move(answer));
                          });
}

asio::awaitable<void> Connection::wait_for_reply() {
  while (!answer_ && socket_.is_open()) {
    pause_.expires_after(kReplyTime);
    co_await pause_.async_wait(kAwait);
  }
}

asio::awaitable<bool> Connection::write(std::string text) {
  set_deadline(kWriteTime);
  std::size_t sent = 0;
  while (sent < text.size()) {
    const asio::const_buffer rest = asio::buffer(text) + sent;
    const auto [error, size] = co_await socket_.async_write_some(rest, kAwait);
    if (error) co_return false;
    sent += size;
    set_deadline(kWriteTime);
  }
  co_return true;
}

asio::awaitable<void> Connection::send_feed() {
  if (shared_.feeds >= kMaxFeeds) co_return;
  ++shared_.feeds;
  bool open = true;
  while (open) {
    deadline_.cancel();
    pause_.expires_after(kFeedPeriod);
    co_await pause_.async_wait(kAwait);
    std::string text = answer_->feed();
    open = co_await write(std::move(text));
  }
  --shared_.feeds;
}

// A close with bytes unread would be a reset, and the client might lose the answer.
asio::awaitable<void> Connection::end() {
  become_idle();
  set_deadline(kWriteTime);
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  std::string buffer(kReadSize, '\0');
  while (!error) {
    const asio::mutable_buffer room = asio::buffer(buffer);
    const auto [trouble, size] = co_await socket_.async_read_some(room, kAwait);
    error = trouble;
  }
}

std::string Connection::head_of(const Answer& answer) const {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  head += reason(answer.status);
  head += "\r\nContent-Type: ";
  head += answer.type;
  head +=
      "\r\nCache-Control: no-store\r\nConnection: close\r\nX-Content-Type-Options: nosniff"
      "\r\nCross-Origin-Resource-Policy: same-origin\r\nReferrer-Policy: no-referrer";
  if (!answer.feed) head += "\r\nContent-Length: " + std::to_string(answer.body.size());
  for (const auto& [name, value] : answer.fields) {
    head.append("\r\n").append(name).append(": ").append(value);
  }
  return head + "\r\n\r\n";
}

}  // namespace ssmgate::admin
