// What is asked of the admin listener, and what it answers: as values, without a socket.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ssmgate::admin {

struct Request {
  std::string method;
  std::string path;   // from `/` up to `?`, as it came
  std::string query;  // behind `?`
  // Field values, as they came; empty: absent.
  std::string host;
  std::string origin;
  std::string fetch_site;  // Sec-Fetch-Site and -Mode: what a browser says of who asks
  std::string fetch_mode;
  std::string authorization;
  std::string body;
};

struct Answer {
  int status = 200;
  std::string_view type = "application/json";  // of a literal
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;  // beside those of every answer
  // Given: called once a second, and what it returns is sent, until either side leaves.
  std::function<std::string()> feed;
};

// `{"error":"TEXT"}` and a newline.
[[nodiscard]] Answer error_answer(int status, std::string_view text);

}  // namespace ssmgate::admin
