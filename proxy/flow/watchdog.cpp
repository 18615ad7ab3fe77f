#include "flow/watchdog.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

namespace ssmgate::flow {

Watchdog::Stage::Stage(Watchdog& watchdog, net::Stream& stream, std::chrono::milliseconds limit)
    : watchdog_(watchdog) {
  watchdog_.guarded_ = &stream;
  watchdog_.expired_ = false;
  watchdog_.deadline_ = Clock::now() + limit;
  if (!watchdog_.armed_ || watchdog_.deadline_ < watchdog_.armed_until_) watchdog_.arm();
}

Watchdog::Stage::~Stage() {
  watchdog_.guarded_ = nullptr;
}

Watchdog::Attachment::Attachment(Watchdog& watchdog, net::Stream& stream)
    : watchdog_(watchdog), stream_(&stream) {
  watchdog_.attached_.push_back(stream_);
  if (!watchdog_.stopped_by_.empty()) stream_->close();
}

Watchdog::Attachment::~Attachment() {
  std::erase(watchdog_.attached_, stream_);
}

void Watchdog::close_all() {
  for (net::Stream* stream : attached_) stream->close();
}

void Watchdog::arm() {
  armed_ = true;
  armed_until_ = deadline_;
  timer_.expires_at(deadline_);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    self->on_timer(error);
  });
}

void Watchdog::on_timer(const boost::system::error_code& error) {
  // Cancelled: by `finish`, or because a nearer deadline was armed.
  if (error) return;
  armed_ = false;
  if (guarded_ == nullptr) return;
  if (Clock::now() < deadline_) return arm();
  expired_ = true;
  guarded_->close();
}

void Watchdog::finish() {
  guarded_ = nullptr;
  armed_ = false;
  timer_.cancel();
}

void Watchdog::drain() {
  boost::asio::post(timer_.get_executor(), [self = shared_from_this()] {
    self->draining_ = true;
    if (self->idle_) self->close_all();
  });
}

void Watchdog::stop(std::string_view why) {
  boost::asio::post(timer_.get_executor(), [self = shared_from_this(), why] {
    if (self->stopped_by_.empty()) self->stopped_by_ = why;
    self->close_all();
  });
}

}  // namespace ssmgate::flow
