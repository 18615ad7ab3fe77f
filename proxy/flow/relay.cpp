#include "flow/relay.hpp"

#include <array>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include "flow/client_watch.hpp"
#include "flow/session_id.hpp"
#include "net/turn.hpp"
#include "wire/response_reader.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kReadSize = 16 * 1024;
// LIMIT: 64 KiB for the answer to StartSession or ResumeSession; real ones are about 1 KiB.
constexpr std::size_t kMaxSessionAnswer = 64 * 1024;

using State = wire::ResponseReader::State;

// One exchange on one upstream connection.
class Exchange {
 public:
  Exchange(Downstream& downstream, net::Stream& upstream, SessionOpening* opening)
      : downstream_(downstream),
        upstream_(upstream),
        opening_(opening),
        whole_(opening != nullptr),
        deadline_(settings().response_timeout) {
    if (whole_) reader_.keep_body(kMaxSessionAnswer);
  }

  asio::awaitable<RelayResult> run(std::string_view request) {
    const net::error_code error = co_await send(request);
    if (error) {
      fail(error, "while the request was sent");
      co_return std::move(result_);
    }
    co_await receive();
    co_return std::move(result_);
  }

  // True when the upstream connection can carry another request.
  [[nodiscard]] bool reusable() const {
    return !client_gone_ && reader_.state() == State::done && reader_.keep_alive() && !surplus_;
  }
  // True when a byte of the answer was passed on.
  [[nodiscard]] bool started() const noexcept { return started_; }

 private:
  const config::Upstream& settings() const { return downstream_.generation->config.upstream; }

  asio::awaitable<net::error_code> send(std::string_view bytes) {
    const asio::const_buffer buffer(bytes.data(), bytes.size());
    const Watchdog::Stage stage(downstream_.watchdog, upstream_, deadline_.left());
    const net::Transfer sent = co_await upstream_.write(buffer);
    timed_out_ = stage.expired();
    co_return sent.error;
  }

  asio::awaitable<void> receive() {
    bool wait = upstream_.is_drained();
    while (reader_.state() == State::head || reader_.state() == State::body) {
      net::error_code error;
      if (wait) error = co_await wait_for_more();
      // Nobody is left to take the answer; the connection is not fit for another request.
      if (client_gone_) co_return;
      if (!error) error = take_arrived();
      wait = error == asio::error::would_block;
      if (wait) continue;
      if (error == asio::error::eof) reader_.consume_end();
      if (error && reader_.state() != State::done) {
        fail(error, "before its answer was complete");
        co_return;
      }
      if (reader_.state() == State::failed) {
        result_.fault = make_fault(Code::upstream_protocol, reader_.failure());
        co_return;
      }
      const bool passed = co_await pass_on();
      if (!passed) co_return;
      quiet_ = Deadline(settings().response_timeout);
      if (turn_.is_over()) co_await turn_.yield();
    }
    co_await finish();
  }

  // The answer's head, and all of an answer that is held, must be there in time; what streams only
  // has to go on.
  asio::awaitable<net::error_code> wait_for_more() {
    const bool streaming = !whole_ && reader_.state() == State::body;
    auto limit = deadline_.left();
    if (streaming) limit = quiet_.left();
    turn_.waited();
    const Watchdog::Stage stage(downstream_.watchdog, upstream_, limit);
    const ClientWatch watch(downstream_, upstream_);
    const net::error_code error = co_await upstream_.readable();
    timed_out_ = stage.expired();
    // Of both in one turn the fault counts: nobody else would record it.
    client_gone_ = watch.gone() && !timed_out_;
    co_return error;
  }

  // What has come of the answer goes behind `answer_`. By way of the stack: no buffer is held while
  // nothing comes.
  net::error_code take_arrived() {
    std::array<char, kReadSize> buffer;
    const net::Transfer got = upstream_.read_now(asio::buffer(buffer));
    const std::string_view arrived(buffer.data(), got.size);
    const std::size_t used = reader_.consume(arrived);
    surplus_ = used < arrived.size();
    answer_ += arrived.substr(0, used);
    return got.error;
  }

  // Passes bytes of the answer on, or keeps them until all are there. False: it is over.
  asio::awaitable<bool> pass_on() {
    if (whole_) {
      if (answer_.size() <= kMaxSessionAnswer) co_return true;
      result_.fault = make_fault(Code::upstream_protocol, "its answer is over 64 KiB");
      co_return false;
    }
    if (answer_.empty()) co_return true;
    started_ = true;
    const net::error_code error = co_await downstream_.send(answer_);
    answer_.clear();
    client_gone_ = static_cast<bool>(error);
    co_return !client_gone_;
  }

  asio::awaitable<void> finish() {
    result_.status = reader_.status();
    result_.aws_request_id = reader_.request_id();
    if (whole_) {
      if (result_.status == 200) {
        result_.withheld = co_await opening_->learn(reader_.body(), reader_.content_encoding());
        result_.session_id = opening_->session_id();
        if (result_.session_id.empty()) result_.session_id = find_session_id(reader_.body());
      }
      if (!result_.withheld.empty()) co_return;
      started_ = true;
      const net::error_code error = co_await downstream_.send(answer_);
      client_gone_ = static_cast<bool>(error);
      if (!client_gone_) opening_->answered();
    }
    result_.answered = !client_gone_;
    result_.keep_alive = result_.answered && reader_.keep_alive();
  }

  void fail(const net::error_code& error, std::string_view when) {
    if (timed_out_) {
      result_.fault = make_fault(Code::upstream_timeout, "it did not answer in time");
      return;
    }
    result_.fault =
        make_fault(Code::upstream_closed,
                   "it closed the connection " + std::string(when) + " (" + error.message() + ")");
  }

  Downstream& downstream_;
  net::Stream& upstream_;
  SessionOpening* const opening_;  // null: the answer streams
  const bool whole_;
  const Deadline deadline_;
  Deadline quiet_ = deadline_;  // of an answer that streams: until something more of it comes
  net::Turn turn_;
  wire::ResponseReader reader_;
  std::string answer_;  // what was not passed on yet
  RelayResult result_;
  bool started_ = false;  // a byte of the answer was passed on
  bool surplus_ = false;  // more arrived than was asked for
  bool timed_out_ = false;
  bool client_gone_ = false;
};

}  // namespace

asio::awaitable<RelayResult> relay(Permit permit, Downstream& downstream, UpstreamHost host,
                                   std::string_view request, SessionOpening* opening) {
  // The permit ends here: it was for this one request.
  const Permit used = std::move(permit);
  UpstreamPool& pool = downstream.generation->pool;
  auto taken = co_await pool.take(host, downstream.watchdog);
  if (auto* fault = std::get_if<UpstreamFault>(&taken)) {
    RelayResult result;
    result.fault = std::move(*fault);
    result.keep_alive = true;
    co_return result;
  }
  net::StreamPtr upstream = std::move(std::get<net::StreamPtr>(taken));
  RelayResult result;
  {
    const Watchdog::Attachment attachment(downstream.watchdog, *upstream);
    Exchange exchange(downstream, *upstream, opening);
    result = co_await exchange.run(request);
    // The client can still be told of a fault when nothing of the answer has gone to it.
    if (result.fault) result.keep_alive = !exchange.started();
    if (exchange.reusable()) {
      const asio::any_io_executor executor = co_await asio::this_coro::executor;
      pool.give_back(host, std::move(upstream), executor);
      co_return result;
    }
  }
  upstream->close();
  co_return result;
}

}  // namespace ssmgate::flow
