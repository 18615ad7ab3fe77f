// The only file of this folder that instantiates Beast's parser; it is fed by hand.
#include "admin/request_reader.hpp"

#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace ssmgate::admin {
namespace {

namespace http = boost::beast::http;
using Fields = http::request<http::string_body>;

std::string value_of(const Fields& message, std::string_view name) {
  const auto value = message[boost::beast::string_view(name.data(), name.size())];
  return {value.data(), value.size()};
}

std::size_t count_of(const Fields& message, http::field name) {
  const auto [first, last] = message.equal_range(name);
  return static_cast<std::size_t>(std::distance(first, last));
}

}  // namespace

struct RequestReader::Impl {
  http::request_parser<http::string_body> parser;
  std::string pending;  // what the parser could not take yet
  Answer fault;

  State fail(int status, std::string_view text) {
    fault = error_answer(status, text);
    return State::failed;
  }
  State put();
  State finish();
};

RequestReader::State RequestReader::Impl::put() {
  boost::system::error_code error;
  const std::size_t taken = parser.put(boost::asio::buffer(pending), error);
  if (error == http::error::header_limit) return fail(431, "the head is over 16 KiB");
  if (error == http::error::body_limit) return fail(413, "the body is over 64 KiB");
  if (error && error != http::error::need_more) return fail(400, "no HTTP/1.1: " + error.message());
  pending.erase(0, taken);
  return parser.is_done() ? finish() : State::need_more;
}

// Two readers of one request must not differ in whom it was for or who asked.
RequestReader::State RequestReader::Impl::finish() {
  const Fields& message = parser.get();
  if (message.version() != 11) return fail(505, "only HTTP/1.1 is spoken here");
  if (count_of(message, http::field::host) != 1 || count_of(message, http::field::origin) > 1 ||
      count_of(message, http::field::authorization) > 1) {
    return fail(400, "a request has one Host, and one Origin and Authorization at most");
  }
  if (message.target().empty() || message.target().front() != '/') {
    return fail(400, "the target is no path");
  }
  return State::done;
}

RequestReader::RequestReader() : impl_(std::make_unique<Impl>()) {
  impl_->parser.header_limit(kMaxAdminHead);
  impl_->parser.body_limit(kMaxAdminBody);
  impl_->parser.eager(true);
}
RequestReader::~RequestReader() = default;

RequestReader::State RequestReader::consume(std::string_view bytes) {
  impl_->pending += bytes;
  return impl_->put();
}

const Answer& RequestReader::fault() const noexcept {
  return impl_->fault;
}

Request RequestReader::take() {
  Fields message = impl_->parser.release();
  Request request;
  const std::string target(message.target().data(), message.target().size());
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  request.method = std::string(message.method_string().data(), message.method_string().size());
  request.host = value_of(message, "Host");
  request.origin = value_of(message, "Origin");
  request.fetch_site = value_of(message, "Sec-Fetch-Site");
  request.fetch_mode = value_of(message, "Sec-Fetch-Mode");
  request.authorization = value_of(message, "Authorization");
  request.body = std::move(message.body());
  return request;
}

}  // namespace ssmgate::admin
