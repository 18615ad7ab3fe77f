#include "net/pipe_pool.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace ssmgate::net {
namespace {

constexpr std::size_t kMostBorrowed = 256;
constexpr std::size_t kMostKept = 16;

// What a pipe is asked to hold: with 1 MiB, which is all that one may where nobody has changed
// fs.pipe-max-size, a byte costs half of the CPU that it costs with 256 KiB. Unasked it has the
// default, or 8 KiB where the user has more than 64 MiB in all. SOURCE: pipe(7).
constexpr int kLarge = 1024 * 1024;
constexpr int kSmall = 128 * 1024;
constexpr std::size_t kMostLarge = 32;
static_assert(kMostLarge * kLarge + (kMostBorrowed - kMostLarge) * kSmall <= 64 * 1024 * 1024);

// As much of `size` as is allowed; what it then holds.
int enlarge(int pipe, int size) noexcept {
  for (; size >= kSmall; size /= 2) {
    const int holds = ::fcntl(pipe, F_SETPIPE_SZ, size);
    if (holds > 0) return holds;
  }
  return ::fcntl(pipe, F_GETPIPE_SZ);
}

Pipe open_pipe(bool large) noexcept {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return {};
  const int holds = enlarge(ends[1], large ? kLarge : kSmall);
  return {ends[0], ends[1], large && holds >= kSmall};
}

}  // namespace

Pipe& Pipe::operator=(Pipe&& other) noexcept {
  std::swap(read_end_, other.read_end_);
  std::swap(write_end_, other.write_end_);
  std::swap(large_, other.large_);
  return *this;
}

Pipe::~Pipe() {
  if (read_end_ < 0) return;
  ::close(read_end_);
  ::close(write_end_);
}

PipePool::PipePool() {
  kept_.reserve(kMostKept);
}

Pipe PipePool::borrow() noexcept {
  bool large = false;
  {
    const std::scoped_lock lock(mutex_);
    if (borrowed_ >= kMostBorrowed) return {};
    ++borrowed_;
    large = large_ < kMostLarge;
    if (large) ++large_;
    if (large && !kept_.empty()) {
      Pipe pipe = std::move(kept_.back());
      kept_.pop_back();
      return pipe;
    }
  }
  Pipe pipe = open_pipe(large);
  if (pipe && pipe.is_large() == large) return pipe;
  const std::scoped_lock lock(mutex_);
  if (large) --large_;
  if (!pipe) --borrowed_;
  return pipe;
}

void PipePool::give_back(Pipe pipe, bool used) noexcept {
  if (!pipe) return;
  const std::scoped_lock lock(mutex_);
  --borrowed_;
  if (!pipe.is_large()) return;
  --large_;
  if (!used && kept_.size() < kMostKept) kept_.push_back(std::move(pipe));
}

std::size_t PipePool::borrowed() const {
  const std::scoped_lock lock(mutex_);
  return borrowed_;
}

}  // namespace ssmgate::net
