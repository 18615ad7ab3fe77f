#include "flow/admission.hpp"

#include "flow/entrance.hpp"

namespace ssmgate::flow {

Admission::Ticket::~Ticket() {
  const std::lock_guard lock(admission_->mutex_);
  admission_->live_.erase(watchdog_);
  admission_->let_go(who_);
  admission_->changed_.notify_all();
}

bool Admission::Ticket::count_for(const std::string& user) {
  const std::lock_guard lock(admission_->mutex_);
  Who next = user;
  auto& count = admission_->of_client_[next];
  if (count >= admission_->limits_.connections_per_client) return false;
  ++count;
  admission_->let_go(who_);
  who_ = std::move(next);
  return true;
}

// With the mutex held.
void Admission::let_go(const Who& who) {
  const auto found = of_client_.find(who);
  if (--found->second == 0) of_client_.erase(found);
}

std::size_t Admission::count() const {
  const std::lock_guard lock(mutex_);
  return live_.size();
}

void Admission::set_limits(const config::Limits& limits) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
}

std::unique_ptr<Admission::Ticket> Admission::admit(const IpAddress& client,
                                                    std::shared_ptr<Watchdog> watchdog) {
  const std::lock_guard lock(mutex_);
  if (live_.size() >= limits_.connections) return nullptr;
  auto& count = of_client_[client];
  if (count >= limits_.connections_per_client) return nullptr;
  ++count;
  try {
    live_.insert(watchdog);
    return std::make_unique<Ticket>(*this, client, watchdog);
  } catch (...) {
    live_.erase(watchdog);
    let_go(client);
    throw;
  }
}

void Admission::wait_until_empty(std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [this] { return live_.empty() || hastened_; });
}

void Admission::hasten() {
  const std::lock_guard lock(mutex_);
  hastened_ = true;
  changed_.notify_all();
}

void Admission::drain_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& watchdog : live_) watchdog->drain();
}

void Admission::drain_all_but(const std::vector<EntrancePtr>& entrances) {
  const std::lock_guard lock(mutex_);
  for (const auto& watchdog : live_) {
    const Entrance* entrance = watchdog->entrance();
    if (entrance != nullptr && !is_in_force(*entrance, entrances)) watchdog->drain();
  }
}

void Admission::stop_all() {
  const std::lock_guard lock(mutex_);
  hastened_ = false;
  for (const auto& watchdog : live_) watchdog->stop("shutdown");
}

}  // namespace ssmgate::flow
