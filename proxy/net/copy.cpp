// Carrying between streams of which one speaks TLS: the bytes have to pass through us.
#include <array>
#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>

#include "net/socket.hpp"
#include "net/splice.hpp"
#include "net/turn.hpp"
#include "ssmgate/text/free_text.hpp"

namespace ssmgate::net {
namespace {

constexpr std::size_t kBuffer = 16 * 1024;

class Copy : public std::enable_shared_from_this<Copy> {
 public:
  Copy(Carriage carriage, std::function<void(const Carried&)> on_end)
      : carriage_(std::move(carriage)), on_end_(std::move(on_end)) {}

  static asio::awaitable<void> up(std::shared_ptr<Copy> self) {
    const bool open = co_await self->pass_first_bytes();
    if (open && !self->carriage_.client_ended) {
      co_await self->pass(*self->carriage_.client, *self->carriage_.upstream, self->outcome_.up,
                          Side::client);
    }
    if (open && self->carriage_.client_ended) {
      co_await self->pass_end(*self->carriage_.upstream, Side::client);
    }
  }

  static asio::awaitable<void> down(std::shared_ptr<Copy> self) {
    const std::string early = std::move(self->carriage_.to_client);
    const bool sent = co_await self->send(*self->carriage_.client, early, self->outcome_.down);
    if (sent) {
      co_await self->pass(*self->carriage_.upstream, *self->carriage_.client, self->outcome_.down,
                          Side::upstream);
    }
    if (!sent) self->stop(Side::client);
  }

  // `fault`: one of ours, such as no memory, which ends the other direction, too.
  void one_ended(const std::exception_ptr& fault) {
    if (fault) stop(Side::none);
    if (--running_ > 0) return;
    carriage_.client->close();
    carriage_.upstream->close();
    const auto on_end = std::exchange(on_end_, nullptr);
    on_end(outcome_);
  }

 private:
  // False: refused, or one of both is gone.
  asio::awaitable<bool> pass_first_bytes() {
    std::string& bytes = carriage_.to_upstream;
    while (carriage_.gate && !carriage_.client_ended) {
      const Gate answer = bytes.empty() ? Gate::wait : carriage_.gate(bytes);
      if (answer == Gate::open) break;
      outcome_.refused = answer == Gate::refuse;
      bool more = false;
      if (answer == Gate::wait) more = co_await read_more(bytes);
      if (more && carriage_.client_ended && !bytes.empty()) {
        outcome_.refused = true;
        more = false;
      }
      if (!more) {
        stop(Side::client);
        co_return false;
      }
    }
    carriage_.gate = nullptr;
    const std::string first = std::exchange(bytes, std::string());
    const bool sent = co_await send(*carriage_.upstream, first, outcome_.up);
    if (!sent) stop(Side::upstream);
    co_return sent;
  }

  asio::awaitable<bool> read_more(std::string& bytes) {
    std::array<char, 4096> part;
    const asio::mutable_buffer space(part.data(), part.size());
    const Transfer got = co_await carriage_.client->read_some(space);
    carriage_.client_ended = got.error == asio::error::eof;
    bytes.append(part.data(), got.size);
    co_return !got.error || carriage_.client_ended;
  }

  asio::awaitable<bool> send(Stream& to, std::string_view bytes, std::uint64_t& count) {
    if (bytes.empty()) co_return true;
    const asio::const_buffer buffer(bytes.data(), bytes.size());
    const Transfer sent = co_await to.write(buffer);
    count += sent.size;
    if (carriage_.traffic) publish();
    co_return !sent.error;
  }

  void publish() const {
    carriage_.traffic->up.store(outcome_.up, std::memory_order_relaxed);
    carriage_.traffic->down.store(outcome_.down, std::memory_order_relaxed);
  }

  // Until `from` ends or one of both is gone. No buffer is held while nothing comes.
  asio::awaitable<void> pass(Stream& from, Stream& to, std::uint64_t& count, Side side) {
    Turn turn;
    std::string bytes;
    for (bool wait = from.is_drained();;) {
      error_code error;
      if (wait) {
        turn.waited();
        free_text(bytes);
        error = co_await from.readable();
      }
      if (!error) error = take_arrived(from, bytes);
      wait = error == asio::error::would_block;
      if (wait) continue;
      if (error == asio::error::eof) {
        co_await pass_end(to, side);
        co_return;
      }
      if (error) {
        stop(side);
        co_return;
      }
      const bool sent = co_await send(to, bytes, count);
      if (!sent) {
        stop(side == Side::client ? Side::upstream : Side::client);
        co_return;
      }
      if (turn.is_over()) co_await turn.yield();
      wait = from.is_drained();
    }
  }

  // What has come, by way of the stack.
  static error_code take_arrived(Stream& from, std::string& bytes) {
    std::array<char, kBuffer> buffer;
    const Transfer got = from.read_now(asio::buffer(buffer));
    bytes.assign(buffer.data(), got.size);
    return got.error;
  }

  asio::awaitable<void> pass_end(Stream& to, Side side) {
    if (outcome_.ended_by == Side::none) outcome_.ended_by = side;
    const error_code ended = co_await to.finish_writing();
    if (ended) stop(side);
  }

  // The first says who ended it: the other direction only learns of it.
  void stop(Side side) {
    if (std::exchange(stopped_, true)) return;
    if (outcome_.ended_by == Side::none) outcome_.ended_by = side;
    for (Stream* stream : {carriage_.client.get(), carriage_.upstream.get()}) {
      error_code ignored;
      // No orderly end was said, so none is passed on.
      if (is_plain(*stream) && socket_of(*stream).is_open()) {
        socket_of(*stream).set_option(asio::socket_base::linger(true, 0), ignored);
      }
      stream->close();
    }
  }

  Carriage carriage_;
  std::function<void(const Carried&)> on_end_;
  Carried outcome_;
  bool stopped_ = false;
  int running_ = 2;
};

}  // namespace

void carry_by_copy(const asio::any_io_executor& executor, Carriage carriage,
                   std::function<void(const Carried&)> on_end) {
  const auto copy = std::make_shared<Copy>(std::move(carriage), std::move(on_end));
  const auto ended = [copy](const std::exception_ptr& fault) { copy->one_ended(fault); };
  asio::co_spawn(executor, Copy::up(copy), ended);
  try {
    asio::co_spawn(executor, Copy::down(copy), ended);
  } catch (const std::exception&) {
    ended(std::current_exception());
  }
}

void carry(const asio::any_io_executor& executor, Carriage carriage, PipePool& pipes,
           std::function<void(const Carried&)> on_end) {
  if (is_plain(*carriage.client) && is_plain(*carriage.upstream)) {
    return carry_by_splice(std::move(carriage), pipes, std::move(on_end));
  }
  carry_by_copy(executor, std::move(carriage), std::move(on_end));
}

}  // namespace ssmgate::net
