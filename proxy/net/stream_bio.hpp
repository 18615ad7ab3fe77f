// A Stream as the BIO below an OpenSSL session: OpenSSL reads from it and writes to it by itself,
// without waiting and without a buffer in between.
#pragma once

#include <string>
#include <string_view>

#include "net/stream.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::net {

class StreamBio {
 public:
  // `early` was read from `under` before, and comes first.
  StreamBio(Stream& under, std::string_view early);
  StreamBio(const StreamBio&) = delete;
  StreamBio& operator=(const StreamBio&) = delete;

  // Gives `session` its BIO. False: out of memory. This must outlive the session.
  [[nodiscard]] bool attach(SSL* session);

  // Before each call of OpenSSL's.
  void begin_call() noexcept;
  // The trouble of a read or write of this call that was more than having to wait; eof is trouble
  // here.
  [[nodiscard]] const error_code& fault() const noexcept { return fault_; }
  // What stood in OpenSSL's queue of errors when this call began to tell the peer of it; 0:
  // nothing. TLS below empties the queue.
  [[nodiscard]] unsigned long queued_error() const noexcept { return queued_error_; }

  [[nodiscard]] bool has_early() const noexcept { return !early_.empty(); }
  // True when the last read took all there was: the next one waits without asking the kernel.
  [[nodiscard]] bool is_dry() const noexcept { return dry_; }
  void look_again() noexcept { dry_ = false; }
  // True, once, when OpenSSL was told to wait though there may be more: it goes on reading in one
  // call for as long as a peer sends what is no data (KeyUpdate), and others want their turn.
  [[nodiscard]] bool take_pause() noexcept;

 private:
  [[nodiscard]] static const BIO_METHOD* method();
  // How many bytes; -1 for none, and the BIO says whether to try again.
  static int read(BIO* bio, char* data, int size);
  static int write(BIO* bio, const char* data, int size);
  int outcome(BIO* bio, const Transfer& transfer, int direction);
  static long control(BIO* bio, int command, long number, void* pointer);

  // LIMIT: reads in one call, each of one TLS record at most.
  static constexpr int kReads = 2;

  Stream& under_;
  const bool over_socket_;
  std::string early_;
  bool dry_ = false;
  bool paused_ = false;
  int reads_left_ = kReads;
  error_code fault_;
  unsigned long queued_error_ = 0;
};

}  // namespace ssmgate::net
