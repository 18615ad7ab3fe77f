#include "flow/reloader.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <spdlog/spdlog.h>

namespace ssmgate::flow {
namespace fs = std::filesystem;
namespace {

// LIMIT: a file is read once it has been the same for 100 ms: a writer gets to its end.
constexpr std::chrono::milliseconds kSettle{100};
// LIMIT: without a word from inotify (a network file system, a folder that was swapped) files are
// looked at every 5 s.
constexpr std::chrono::seconds kSlowLook{5};

}  // namespace

Reloader::Reloader(boost::asio::io_context& context, std::vector<fs::path> files, Attempt attempt)
    : attempt_(std::move(attempt)),
      files_(std::move(files)),
      loaded_(look_at(files_)),
      seen_(loaded_),
      watch_(context, [this] { poke(); }),
      look_at_(Clock::now() + kSlowLook) {
  if (!watch_.works()) {
    spdlog::warn("inotify is not to be had: changed files are noticed within {} s",
                 kSlowLook.count());
  }
  watch_.watch(folders_of(files_));
  thread_ = std::thread([this] { run(); });
}

Reloader::~Reloader() {
  close();
  if (thread_.joinable()) thread_.join();
}

void Reloader::ask(const std::string& asked_by, ReloadDone done) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      if (asked_by_.empty()) asked_by_ = asked_by;
      if (done) waiting_.push_back(std::exchange(done, nullptr));
      wake_.notify_all();
    }
  }
  if (!done) return;
  ReloadReport report;
  report.asked_by = asked_by;
  report.lines.emplace_back("ssmgate is about to end");
  done(report);
}

void Reloader::close() {
  std::vector<ReloadDone> waiting;
  ReloadReport report;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting = std::exchange(waiting_, {});
    report.asked_by = asked_by_;
    wake_.notify_all();
  }
  report.lines.emplace_back("ssmgate is about to end");
  for (const ReloadDone& done : waiting) done(report);
}

void Reloader::poke() {
  const std::lock_guard lock(mutex_);
  look_at_ = std::min(look_at_, Clock::now() + kSettle);
  wake_.notify_all();
}

void Reloader::run() {
  Lock lock(mutex_);
  while (!closed_) {
    if (!asked_by_.empty()) {
      reload(lock);
    } else if (Clock::now() >= look_at_) {
      look(lock);
    } else {
      wake_.wait_until(lock, Clock::time_point(look_at_));
    }
  }
}

void Reloader::look(Lock& lock) {
  look_at_ = Clock::now() + kSlowLook;
  lock.unlock();
  forget_buried();
  auto now = look_at(files_);
  const bool changed = now != loaded_;
  const bool settled = now == seen_;
  seen_ = std::move(now);
  watch_.watch(folders_of(files_));
  lock.lock();
  if (changed && settled && asked_by_.empty()) asked_by_ = "file";
  if (changed && !settled) look_at_ = std::min(look_at_, Clock::now() + kSettle);
}

void Reloader::reload(Lock& lock) {
  const std::string asked_by = std::exchange(asked_by_, {});
  const std::vector<ReloadDone> waiting = std::exchange(waiting_, {});
  lock.unlock();
  // Before they are read: a change in the middle of that is noticed by the next look.
  const std::vector<fs::path> known = files_;
  const std::vector<FileState> before = look_at(known);
  const ReloadReport report = try_attempt(asked_by);
  loaded_ = look_at(files_);
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const auto found = std::ranges::find(known, files_[i]);
    if (found != known.end()) loaded_[i] = before[static_cast<std::size_t>(found - known.begin())];
  }
  seen_ = loaded_;
  watch_.watch(folders_of(files_));
  for (const ReloadDone& done : waiting) done(report);
  lock.lock();
  look_at_ = std::min(look_at_, Clock::now() + std::chrono::seconds(1));
}

ReloadReport Reloader::try_attempt(const std::string& asked_by) {
  try {
    return attempt_(asked_by, files_);
  } catch (const std::exception& error) {
    ReloadReport report;
    report.asked_by = asked_by;
    report.lines.emplace_back(std::string("a fault of ssmgate's own: ") + error.what());
    return report;
  }
}

void Reloader::forget_buried() {
  // INVARIANT: no weak pointers lead there, so a count of one stays one.
  const auto is_alone = [](const std::shared_ptr<const void>& old) { return old.use_count() == 1; };
  while (std::erase_if(buried_, is_alone) > 0) {
  }
}

}  // namespace ssmgate::flow
