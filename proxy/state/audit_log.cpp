#include "state/audit_log.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ssmgate::state {
namespace asio = boost::asio;
namespace {

// One record on its way to the writer, and the coroutine that waits for it.
struct Entry {
  explicit Entry(std::string text) : fields(std::move(text)) {}
  Entry(std::string text, const asio::any_io_executor& waiter_executor)
      : fields(std::move(text)), timer(std::in_place, waiter_executor) {}

  std::string fields;
  // waiting → written | failed by the writer; waiting → given_up by the waiter. Whoever moves it
  // first has decided.
  enum class Status : std::uint8_t { waiting, writing, written, failed, given_up };
  std::atomic<Status> status = Status::waiting;
  std::optional<asio::steady_timer> timer;  // fires at the deadline; cancelled by the writer
};
using EntryPtr = std::shared_ptr<Entry>;

}  // namespace

struct AuditLog::Impl {
  std::vector<std::unique_ptr<AuditSink>> sinks;
  std::chrono::milliseconds deadline;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<EntryPtr> queue;
  bool stopping = false;
  std::thread writer;

  bool enqueue(const EntryPtr& entry) {
    {
      const std::lock_guard lock(mutex);
      if (queue.size() >= kAuditBacklog) return false;
      queue.push_back(entry);
    }
    wake.notify_one();
    return true;
  }

  void run() {
    std::deque<EntryPtr> batch;
    for (;;) {
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, [this] { return stopping || !queue.empty(); });
        if (queue.empty()) return;
        batch.swap(queue);
      }
      for (const EntryPtr& entry : batch) write(entry);
      batch.clear();
    }
  }

  void write(const EntryPtr& entry) {
    auto expected = Entry::Status::waiting;
    if (!entry->status.compare_exchange_strong(expected, Entry::Status::writing)) return;
    bool taken = false;
    for (const auto& sink : sinks) taken = sink->write(entry->fields) || taken;
    expected = Entry::Status::writing;
    const auto outcome = taken ? Entry::Status::written : Entry::Status::failed;
    if (!entry->status.compare_exchange_strong(expected, outcome)) return;
    if (!entry->timer) return;
    // The timer belongs to the waiter's executor: it is cancelled there.
    const asio::any_io_executor executor = entry->timer->get_executor();
    asio::post(executor, [entry] { entry->timer->cancel(); });
  }
};

AuditLog::AuditLog(std::vector<std::unique_ptr<AuditSink>> sinks,
                   std::chrono::milliseconds deadline)
    : impl_(std::make_unique<Impl>()) {
  impl_->sinks = std::move(sinks);
  impl_->deadline = deadline;
  impl_->writer = std::thread([impl = impl_.get()] { impl->run(); });
}

AuditLog::~AuditLog() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_one();
  impl_->writer.join();
}

std::variant<SinkFault, std::unique_ptr<AuditLog>> AuditLog::open(
    const config::Audit& settings, std::chrono::milliseconds deadline) {
  std::vector<std::unique_ptr<AuditSink>> sinks;
  for (const config::AuditSink& sink : settings.sinks) {
    if (sink.type == config::AuditSink::Type::standard_output) {
      sinks.push_back(open_standard_output_sink());
      continue;
    }
    auto opened = open_file_sink(sink.path);
    if (auto* fault = std::get_if<SinkFault>(&opened)) return std::move(*fault);
    sinks.push_back(std::move(std::get<std::unique_ptr<AuditSink>>(opened)));
  }
  return std::make_unique<AuditLog>(std::move(sinks), deadline);
}

asio::awaitable<bool> AuditLog::write(AuditRecord record) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto entry = std::make_shared<Entry>(render_fields(record), executor);
  entry->timer->expires_after(impl_->deadline);
  if (!impl_->enqueue(entry)) co_return false;
  boost::system::error_code cancelled;
  // The writer may be done before the wait has begun: a timer cancelled then would not wake us.
  while (entry->status.load() < Entry::Status::written) {
    auto token = asio::redirect_error(asio::use_awaitable, cancelled);
    co_await entry->timer->async_wait(std::move(token));
    if (!cancelled) break;
  }
  auto expected = Entry::Status::waiting;
  if (entry->status.compare_exchange_strong(expected, Entry::Status::given_up)) co_return false;
  expected = Entry::Status::writing;
  if (entry->status.compare_exchange_strong(expected, Entry::Status::given_up)) co_return false;
  co_return entry->status.load() == Entry::Status::written;
}

void AuditLog::post(const AuditRecord& record) {
  static_cast<void>(impl_->enqueue(std::make_shared<Entry>(render_fields(record))));
}

bool AuditLog::found_torn_line() const noexcept {
  for (const auto& sink : impl_->sinks) {
    if (sink->found().torn) return true;
  }
  return false;
}

}  // namespace ssmgate::state
