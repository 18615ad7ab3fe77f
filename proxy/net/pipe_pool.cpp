#include "net/pipe_pool.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace ssmgate::net {
namespace {

constexpr std::size_t kMostBorrowed = 256;
constexpr std::size_t kMostKept = 16;
// What a pipe is asked to hold. More than the default of 64 KiB saves system calls; a user without
// the right to it keeps the default.
constexpr int kPipeSize = 256 * 1024;

Pipe open_pipe() noexcept {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return {};
  (void)::fcntl(ends[1], F_SETPIPE_SZ, kPipeSize);
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
  {
    const std::scoped_lock lock(mutex_);
    if (borrowed_ >= kMostBorrowed) return {};
    ++borrowed_;
    if (!kept_.empty()) {
      Pipe pipe = std::move(kept_.back());
      kept_.pop_back();
      return pipe;
    }
  }
  Pipe pipe = open_pipe();
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
