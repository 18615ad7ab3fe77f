// Bytes between two streams, both ways, until both have ended. An idle pair holds no buffer, no
// pipe and no coroutine.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include "net/pipe_pool.hpp"
#include "net/stream.hpp"

namespace ssmgate::net {

// How many bytes have passed so far, for whoever looks from another thread.
struct Traffic {
  std::atomic<std::uint64_t> up = 0;
  std::atomic<std::uint64_t> down = 0;
};

enum class Gate : std::uint8_t { refuse, wait, open };
enum class Side : std::uint8_t { none, client, upstream };

struct Carriage {
  StreamPtr client;
  StreamPtr upstream;
  // What was read before and goes out first.
  std::string to_upstream;
  std::string to_client;
  bool client_ended = false;  // nothing more comes from it
  // Asked about all that the client has sent so far, before any of it is passed on, until it says
  // `open`. What it still waits on when the client ends is refused. Null: open.
  std::function<Gate(std::string_view)> gate;
  std::shared_ptr<Traffic> traffic;  // may be null
};

struct Carried {
  std::uint64_t up = 0;  // bytes that the upstream's socket took
  std::uint64_t down = 0;
  Side ended_by = Side::none;  // who ended first, or failed
  bool refused = false;        // by the gate
};

// Passes on each side's end (half-close), and each side's reset: at once between plain streams that
// take what is sent to them, else when one of them next does. INVARIANT: `executor` is the one
// that both streams' sockets were made with. `on_end` is called there, once, when both are closed;
// the streams can be closed from there at any time. Between plain streams the kernel moves the
// bytes (splice).
void carry(const asio::any_io_executor& executor, Carriage carriage, PipePool& pipes,
           std::function<void(const Carried&)> on_end);

}  // namespace ssmgate::net
