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
  StreamBio(Stream& under, std::string_view early) : under_(under), early_(early) {}
  StreamBio(const StreamBio&) = delete;
  StreamBio& operator=(const StreamBio&) = delete;

  // Gives `session` its BIO. False: out of memory. This must outlive the session.
  [[nodiscard]] bool attach(SSL* session);

  // The trouble of the last read or write that was more than having to wait; eof is trouble here.
  [[nodiscard]] const error_code& fault() const noexcept { return fault_; }
  void forget_fault() noexcept { fault_ = {}; }

  // True when the last read took all there was: the next one waits without asking the kernel.
  [[nodiscard]] bool is_dry() const noexcept { return dry_; }
  void look_again() noexcept { dry_ = false; }

 private:
  [[nodiscard]] static const BIO_METHOD* method();
  // How many bytes; -1 for none, and the BIO says whether to try again.
  static int read(BIO* bio, char* data, int size);
  static int write(BIO* bio, const char* data, int size);
  int outcome(BIO* bio, const Transfer& transfer, int direction);
  static long control(BIO* bio, int command, long number, void* pointer);

  Stream& under_;
  std::string early_;
  bool dry_ = false;
  error_code fault_;
};

}  // namespace ssmgate::net
