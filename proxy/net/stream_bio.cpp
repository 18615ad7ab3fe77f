#include "net/stream_bio.hpp"

#include <memory>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <boost/asio/error.hpp>

#include "net/socket.hpp"

namespace ssmgate::net {
namespace {

struct FreeMethod {
  void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};

StreamBio& stream_of(BIO* bio) {
  return *static_cast<StreamBio*>(BIO_get_data(bio));
}

}  // namespace

const BIO_METHOD* StreamBio::method() {
  static const std::unique_ptr<BIO_METHOD, FreeMethod> made = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ssmgate stream");
    if (method == nullptr) return std::unique_ptr<BIO_METHOD, FreeMethod>();
    BIO_meth_set_read(method, &StreamBio::read);
    BIO_meth_set_write(method, &StreamBio::write);
    BIO_meth_set_ctrl(method, &StreamBio::control);
    return std::unique_ptr<BIO_METHOD, FreeMethod>(method);
  }();
  return made.get();
}

StreamBio::StreamBio(Stream& under, std::string_view early)
    : under_(under), over_socket_(is_plain(under)), early_(early) {}

void StreamBio::begin_call() noexcept {
  fault_ = {};
  queued_error_ = 0;
  reads_left_ = kReads;
  paused_ = false;
}

bool StreamBio::take_pause() noexcept {
  return std::exchange(paused_, false);
}

bool StreamBio::attach(SSL* session) {
  BIO* bio = method() == nullptr ? nullptr : BIO_new(method());
  if (bio == nullptr) return false;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(session, bio, bio);
  return true;
}

int StreamBio::read(BIO* bio, char* data, int size) {
  StreamBio& self = stream_of(bio);
  const auto room = static_cast<std::size_t>(size);
  BIO_clear_retry_flags(bio);
  if (!self.early_.empty()) {
    const std::size_t taken = self.early_.copy(data, room);
    self.early_.erase(0, taken);
    if (self.early_.empty()) self.early_.shrink_to_fit();
    return static_cast<int>(taken);
  }
  Transfer transfer;
  transfer.error = asio::error::would_block;
  self.paused_ = !self.dry_ && self.reads_left_-- == 0;
  if (self.dry_ || self.paused_) return self.outcome(bio, transfer, BIO_FLAGS_READ);
  transfer = self.under_.read_now(asio::mutable_buffer(data, room));
  // TLS below gives a record at a time, and may hold more.
  self.dry_ = transfer.size == 0 || (self.over_socket_ && transfer.size < room);
  return self.outcome(bio, transfer, BIO_FLAGS_READ);
}

int StreamBio::write(BIO* bio, const char* data, int size) {
  StreamBio& self = stream_of(bio);
  BIO_clear_retry_flags(bio);
  if (!self.over_socket_ && self.queued_error_ == 0) self.queued_error_ = ERR_peek_error();
  const asio::const_buffer bytes(data, static_cast<std::size_t>(size));
  return self.outcome(bio, self.under_.write_now(bytes), BIO_FLAGS_WRITE);
}

int StreamBio::outcome(BIO* bio, const Transfer& transfer, int direction) {
  if (!transfer.error) return static_cast<int>(transfer.size);
  if (transfer.error == asio::error::would_block) {
    BIO_set_flags(bio, direction | BIO_FLAGS_SHOULD_RETRY);
  } else {
    fault_ = transfer.error;
  }
  return -1;
}

long StreamBio::control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  // Nothing is held back here, so a flush has always been done; nothing else is asked for.
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace ssmgate::net
