// What a refused client is told, in the shape in which every AWS SDK prints it and none retries.
// SOURCE: docs/decisions/0001-refusals-are-aws-json-400.md
#pragma once

#include <string>
#include <string_view>

namespace ssmgate::wire {

struct Refusal {
  int status = 400;
  std::string_view type = "AccessDeniedException";  // __type
  std::string_view message;                         // printable
  std::string_view request_id;
  bool close = false;  // adds `Connection: close`
};

// A whole HTTP/1.1 response: AWS JSON 1.1, `message` and `Message`, x-amzn-RequestId.
[[nodiscard]] std::string render_refusal(const Refusal& refusal);

// The answer to a CONNECT that is let through; the very bytes every client accepts.
[[nodiscard]] std::string_view connect_established() noexcept;

// A version 4 UUID from 16 random bytes, lower case.
[[nodiscard]] std::string render_uuid(const unsigned char (&random)[16]);

}  // namespace ssmgate::wire
