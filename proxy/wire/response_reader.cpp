// The only file that instantiates Beast's parser. Heads are scanned by HeadScan before Beast sees
// them, and what Beast would let pass about lengths is refused here.
#include "wire/response_reader.hpp"

#include <algorithm>
#include <optional>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "wire/head_scan.hpp"
#include "wire/json.hpp"

namespace ssmgate::wire {
namespace {

namespace http = boost::beast::http;
using Error = boost::beast::error_code;
using View = boost::beast::string_view;

// LIMIT: interim responses before the final one; AWS sends at most one.
constexpr int kMaxInterim = 16;
// LIMIT: a chunk's size line, or the trailer: as a head.
constexpr std::size_t kMaxChunkHead = kMaxHead;
// "0" CRLF CRLF. Beast 1.81 asserts that a last chunk it has begun has five bytes.
constexpr std::size_t kLeastChunkHead = 5;
// LIMIT: what is kept of a field's value.
constexpr std::size_t kMaxKept = 256;

std::string_view view(View text) {
  return {text.data(), text.size()};
}

std::string keep(std::string_view value) {
  return json_escape(value.substr(0, kMaxKept));
}

// The body, while it fits.
struct KeptBody {
  std::size_t limit = 0;
  std::string bytes;

  void append(std::string_view more) {
    if (more.size() <= limit - bytes.size()) {
      bytes += more;
    } else {
      limit = 0;
      bytes.clear();
    }
  }
};

// One message: what the fields say, and how far its chunks are.
class Parser : public http::basic_parser<false> {
 public:
  explicit Parser(KeptBody& kept) : kept_(kept) {
    eager(false);  // one step a call, so that kLeastChunkHead is looked at before each
    header_limit(kMaxHead + 1);
    body_limit(boost::none);
  }
  int status = 0;
  bool http_1_0 = false;
  bool close = false;
  bool chunked = false;
  std::uint64_t chunk_left = 0;
  std::string request_id;
  std::string content_encoding;
  std::string_view guard;  // why a field was refused

  [[nodiscard]] bool in_chunk_head() const {
    return is_header_done() && chunked && chunk_left == 0 && !is_done();
  }

 private:
  void refuse(std::string_view why, Error& ec) {
    guard = why;
    ec = http::error::bad_field;
  }
  void on_request_impl(http::verb, View, View, int, Error&) override {}
  void on_response_impl(int code, View, int version, Error& ec) override {
    status = code;
    http_1_0 = version == 10;
    if (code < 100 || code > 599) refuse("a status outside 100 to 599", ec);
    if (code == 101) refuse("101: no upgrade was asked for", ec);
  }
  void on_field_impl(http::field, View name_view, View value_view, Error& ec) override {
    const std::string_view name = view(name_view);
    const std::string_view value = view(value_view);
    if (spells(name, kTransferEncoding)) return read_transfer_encoding(name, value, ec);
    if (spells(name, kContentLength)) return read_content_length(name, value, ec);
    if (is_header_done()) return;  // a trailer: passed on, never heeded
    if (iequals(name, "x-amzn-requestid")) request_id = keep(value);
    if (iequals(name, "Content-Encoding")) {
      if (!content_encoding.empty()) content_encoding += ", ";
      content_encoding += keep(value);
    }
  }
  void read_transfer_encoding(std::string_view name, std::string_view value, Error& ec) {
    if (!iequals(name, "Transfer-Encoding")) {
      return refuse("a field that may be taken for Transfer-Encoding", ec);
    }
    if (!iequals(value, "chunked")) return refuse("a Transfer-Encoding other than chunked", ec);
    if (http_1_0) return refuse("a Transfer-Encoding in HTTP/1.0", ec);
    if (length_) return refuse("both Content-Length and Transfer-Encoding", ec);
    chunked = true;
  }
  void read_content_length(std::string_view name, std::string_view value, Error& ec) {
    if (!iequals(name, "Content-Length")) {
      return refuse("a field that may be taken for Content-Length", ec);
    }
    const bool digits =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (value.empty() || value.size() > 18 || !digits) {
      return refuse("a Content-Length that is no number", ec);
    }
    if (chunked) return refuse("both Content-Length and Transfer-Encoding", ec);
    length_ = true;  // a second one that differs is Beast's to refuse
  }
  void on_header_impl(Error&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, Error&) override {}
  std::size_t on_body_impl(View body, Error&) override {
    kept_.append(view(body));
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t size, View, Error&) override { chunk_left = size; }
  std::size_t on_chunk_body_impl(std::uint64_t, View body, Error&) override {
    chunk_left -= body.size();
    kept_.append(view(body));
    return body.size();
  }
  void on_finish_impl(Error&) override {}

  KeptBody& kept_;
  bool length_ = false;
};

}  // namespace

struct ResponseReader::Impl {
  HeadScan scan{HeadScan::Kind::response};
  KeptBody kept;
  std::size_t keep_limit = 0;
  std::optional<Parser> parser{std::in_place, kept};
  std::string pending;  // a head, or a chunk's, of which more is to come
  State state = State::head;
  std::string failure;
  int interim = 0;
  int status = 0;
  bool keep_alive = false;
  std::string request_id;
  std::string content_encoding;

  void fail(std::string why) {
    state = State::failed;
    failure = std::move(why);
    keep_alive = false;
    pending.clear();
  }
  void fail(const Error& error) {
    fail(parser->guard.empty() ? error.message() : std::string(parser->guard));
  }
  std::size_t read_head(std::string_view bytes);
  void end_head(std::string_view head);
  std::size_t read_body(std::string_view bytes);
  std::size_t put(std::string_view bytes);
};

// Returns how many of `bytes` are the head's.
std::size_t ResponseReader::Impl::read_head(std::string_view bytes) {
  const std::size_t before = pending.size();
  const bool direct = pending.empty();
  if (!direct) pending.append(bytes);
  const std::string_view all = direct ? bytes : std::string_view(pending);
  switch (scan.advance(all)) {
    case HeadScan::Step::need_more:
      if (direct) pending.assign(bytes);
      return bytes.size();
    case HeadScan::Step::end: break;
    case HeadScan::Step::fault:
    case HeadScan::Step::too_large: fail(scan.fault()); return 0;
  }
  end_head(all.substr(0, scan.size()));
  pending.clear();
  return scan.size() - before;
}

void ResponseReader::Impl::end_head(std::string_view head) {
  Error error;
  const std::size_t taken = parser->put({head.data(), head.size()}, error);
  if (error) return fail(error);
  if (taken != head.size() || !parser->is_header_done()) {
    return fail("a head that two readers end in different places");
  }
  if (parser->status < 200) {
    if (++interim > kMaxInterim) return fail("too many interim responses");
    return;
  }
  status = parser->status;
  keep_alive = parser->keep_alive() && !parser->http_1_0;
  request_id = std::move(parser->request_id);
  content_encoding = std::move(parser->content_encoding);
  state = parser->is_done() ? State::done : State::body;
}

// Gives the parser what it can take; returns how much that was.
std::size_t ResponseReader::Impl::put(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !parser->is_done()) {
    const std::string_view rest = bytes.substr(taken);
    if (parser->in_chunk_head() && rest.size() < kLeastChunkHead) break;
    Error error;
    taken += parser->put({rest.data(), rest.size()}, error);
    if (error == http::error::need_more) break;
    if (error) {
      fail(error);
      break;
    }
  }
  return taken;
}

// Returns how many of `bytes` are this response's.
std::size_t ResponseReader::Impl::read_body(std::string_view bytes) {
  const std::size_t before = pending.size();
  if (before != 0) pending.append(bytes);
  const std::string_view all = before == 0 ? bytes : std::string_view(pending);
  const std::size_t taken = put(all);
  if (state == State::failed) return 0;
  if (parser->is_done()) {
    state = State::done;
    pending.clear();
    return taken - before;
  }
  if (all.size() - taken > kMaxChunkHead) {
    fail("a chunk's head or trailer over 64 KiB");
    return 0;
  }
  if (before == 0) {
    pending.assign(all.substr(taken));
  } else {
    pending.erase(0, taken);
  }
  return bytes.size();
}

ResponseReader::ResponseReader() : impl_(std::make_unique<Impl>()) {}
ResponseReader::~ResponseReader() = default;
ResponseReader::ResponseReader(ResponseReader&&) noexcept = default;
ResponseReader& ResponseReader::operator=(ResponseReader&&) noexcept = default;

std::size_t ResponseReader::consume(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && impl_->state == State::head) {
    // An interim response has ended: the next head begins.
    if (impl_->parser->is_done()) {
      impl_->parser.emplace(impl_->kept);
      impl_->scan = HeadScan{HeadScan::Kind::response};
    }
    taken += impl_->read_head(bytes.substr(taken));
  }
  if (impl_->state == State::body && taken < bytes.size()) {
    taken += impl_->read_body(bytes.substr(taken));
  }
  return impl_->state == State::failed ? 0 : taken;
}

void ResponseReader::consume_end() {
  if (impl_->state == State::done || impl_->state == State::failed) return;
  if (impl_->state == State::head) return impl_->fail("the upstream closed before the response");
  Error error;
  impl_->parser->put_eof(error);
  if (error) return impl_->fail("the upstream closed in the middle of the response");
  impl_->state = State::done;
}

void ResponseReader::keep_body(std::size_t limit) {
  impl_->keep_limit = limit;
  impl_->kept.limit = limit;
}

void ResponseReader::reset() {
  keep_body(impl_->keep_limit);
  impl_->kept.bytes.clear();
  impl_->parser.emplace(impl_->kept);
  impl_->scan = HeadScan{HeadScan::Kind::response};
  impl_->pending.clear();
  impl_->state = State::head;
  impl_->failure.clear();
  impl_->interim = 0;
  impl_->status = 0;
  impl_->keep_alive = false;
  impl_->request_id.clear();
  impl_->content_encoding.clear();
}

ResponseReader::State ResponseReader::state() const noexcept {
  return impl_->state;
}
const std::string& ResponseReader::failure() const noexcept {
  return impl_->failure;
}
int ResponseReader::status() const noexcept {
  return impl_->status;
}
bool ResponseReader::keep_alive() const noexcept {
  return impl_->keep_alive;
}
const std::string& ResponseReader::request_id() const noexcept {
  return impl_->request_id;
}
const std::string& ResponseReader::content_encoding() const noexcept {
  return impl_->content_encoding;
}
const std::string& ResponseReader::body() const noexcept {
  return impl_->kept.bytes;
}

}  // namespace ssmgate::wire
