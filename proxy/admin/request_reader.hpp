// Bytes → one request to the admin listener. No socket.
//
// Owns: what a request may look like and how large it may be. Does not own: who may ask.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "admin/message.hpp"

namespace ssmgate::admin {

// LIMIT: a browser's head with its cookies of other ports of this machine; what is asked has no
// body to speak of.
inline constexpr std::size_t kMaxAdminHead = 16 * 1024;
inline constexpr std::size_t kMaxAdminBody = 64 * 1024;

class RequestReader {
 public:
  RequestReader();
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  enum class State : std::uint8_t { need_more, done, failed };
  // Takes the next bytes; what stands behind the first request is dropped.
  State consume(std::string_view bytes);
  // Of the state `failed`.
  [[nodiscard]] const Answer& fault() const noexcept;
  // Of the state `done`, once.
  [[nodiscard]] Request take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ssmgate::admin
