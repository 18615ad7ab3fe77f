#include "proxy/wire/beast_reader.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace ssmgate::wire {
namespace {

namespace http = boost::beast::http;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

std::string beast_disagrees(const RequestHead& head, std::string_view bytes) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kMaxHead + 1);
  parser.body_limit(boost::none);
  boost::beast::error_code error;
  const std::size_t size = parser.put({bytes.data(), head.size}, error);
  if (error) return "Beast refuses: " + error.message();
  if (!parser.is_header_done() || size != head.size) return "the head ends elsewhere";
  const auto& message = parser.get();
  if (view(message.method_string()) != head.method) return "another method";
  if (view(message.target()) != head.target) return "another target";
  if (message.version() != 11) return "another version";
  if (parser.chunked()) return "chunked";
  if (parser.content_length().value_or(0) != head.content_length) return "another length";

  // Beast keeps fields of one name together, each name's in the order of arrival.
  std::size_t count = 0;
  for (const auto& field : message) {
    (void)field;
    ++count;
  }
  if (count != head.fields.size()) return "another number of fields";
  for (const HttpField& field : head.fields) {
    std::size_t before = 0;
    for (const HttpField& other : head.fields) {
      if (&other == &field) break;
      if (iequals(other.name, field.name)) ++before;
    }
    auto range = message.equal_range({field.name.data(), field.name.size()});
    while (before > 0 && range.first != range.second) {
      --before;
      ++range.first;
    }
    if (range.first == range.second) return "a field is missing";
    if (view(range.first->value()) != field.value) return "another value";
    if (view(range.first->name_string()) != field.name) return "another name";
  }
  return {};
}

}  // namespace ssmgate::wire
