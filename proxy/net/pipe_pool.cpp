#include "net/pipe_pool.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace ssmgate::net {
namespace {

constexpr std::size_t kMostBorrowed = 256;
constexpr std::size_t kMostKept = 16;

// What a pipe is asked to hold: with 1 MiB, which is all that one may, a byte costs half of the CPU
// that it costs with 256 KiB. A user without the right to it keeps the default of 64 KiB, and of
// one who has more than 64 MiB in all the kernel makes pipes of 8 KiB. SOURCE: pipe(7).
constexpr int kLarge = 1024 * 1024;
constexpr int kSmall = 128 * 1024;
constexpr std::size_t kMostLarge = 32;
static_assert(kMostLarge * kLarge + (kMostBorrowed - kMostLarge) * kSmall <= 64 * 1024 * 1024);

Pipe open_pipe(int size) noexcept {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return {};
  (void)::fcntl(ends[1], F_SETPIPE_SZ, size);
  return {ends[0], ends[1]};
}

}  // namespace

Pipe& Pipe::operator=(Pipe&& other) noexcept {
  std::swap(read_end_, other.read_end_);
  std::swap(write_end_, other.write_end_);
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
  int size = kSmall;
  {
    const std::scoped_lock lock(mutex_);
    if (borrowed_ >= kMostBorrowed) return {};
    ++borrowed_;
    // One is opened only where none is kept, so that no more are large.
    if (borrowed_ <= kMostLarge) size = kLarge;
    if (!kept_.empty()) {
      Pipe pipe = std::move(kept_.back());
      kept_.pop_back();
      return pipe;
    }
  }
  Pipe pipe = open_pipe(size);
  if (pipe) return pipe;
  const std::scoped_lock lock(mutex_);
  --borrowed_;
  return {};
}

void PipePool::give_back(Pipe pipe, bool used) noexcept {
  if (!pipe) return;
  const std::scoped_lock lock(mutex_);
  --borrowed_;
  if (used || kept_.size() >= kMostKept) return;
  kept_.push_back(std::move(pipe));
}

std::size_t PipePool::borrowed() const {
  const std::scoped_lock lock(mutex_);
  return borrowed_;
}

}  // namespace ssmgate::net
