// Finds where an upstream's response ends, while its bytes are passed on as they came.
//
// Built on Beast's parser, fed by hand: no socket, nothing stored but the few fields below.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ssmgate::wire {

class ResponseReader {
 public:
  ResponseReader();
  ~ResponseReader();
  ResponseReader(ResponseReader&&) noexcept;
  ResponseReader& operator=(ResponseReader&&) noexcept;

  enum class State : std::uint8_t { head, body, done, failed };

  // Takes the next bytes from the upstream; returns how many of them belong to this response (all
  // of them until it is done). After `failed` or `done`, 0. Interim 1xx responses (but 101, which
  // fails) are part of the bytes and are followed by the final one.
  [[nodiscard]] std::size_t consume(std::string_view bytes);
  // From here on keeps the body without its chunks, as `body`; one over `limit` bytes is not kept.
  void keep_body(std::size_t limit);
  // Forgets everything but `keep_body`, for the next response on the connection; keeps the memory.
  void reset();
  // The upstream closed. A response without a length ends here; any other one has failed.
  void consume_end();

  [[nodiscard]] State state() const noexcept;
  [[nodiscard]] const std::string& failure() const noexcept;  // printable; when failed
  // Of the final response; 0 and empty before its head is complete.
  [[nodiscard]] int status() const noexcept;
  [[nodiscard]] bool keep_alive() const noexcept;  // may this connection carry another?
  [[nodiscard]] const std::string& request_id() const noexcept;  // x-amzn-requestid, printable
  [[nodiscard]] const std::string& content_encoding() const noexcept;
  [[nodiscard]] const std::string& body() const noexcept;  // what `keep_body` kept

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ssmgate::wire
