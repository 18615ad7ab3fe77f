// OpenSSL's error queue as one line of text.
#include "tls/openssl.hpp"

#include <openssl/err.h>

namespace ssmgate::tls {

std::string take_errors() {
  std::string text;
  for (unsigned long code = ERR_get_error(); code != 0; code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (reason == nullptr) reason = "unknown error";
    // A failure is often queued by each layer that it passed through.
    if (text.ends_with(reason)) continue;
    if (!text.empty()) text += ", ";
    text += reason;
  }
  return text.empty() ? "no reason given" : text;
}

}  // namespace ssmgate::tls
