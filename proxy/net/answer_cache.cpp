#include "net/answer_cache.hpp"

#include <boost/asio/error.hpp>

namespace ssmgate::net {
namespace {

constexpr std::chrono::seconds kKeepAnswer{30};
constexpr std::chrono::seconds kKeepFailure{2};
constexpr std::chrono::minutes kKeepOld{10};
constexpr std::size_t kNamesKept = 4096;

// That a name does not exist is an answer; anything else says that there was none.
bool is_answer(const Resolution& found) {
  return !found.error || found.error == asio::error::host_not_found;
}

}  // namespace

Resolution AnswerCache::keep(const std::string& host, Resolution found, Time now) {
  auto end = now + (found.error ? kKeepFailure : std::chrono::seconds(kKeepOld));
  const auto expiry = now + (found.error ? kKeepFailure : kKeepAnswer);
  if (const auto old = entries_.find(host); old != entries_.end()) {
    if (!is_answer(found) && !old->second.answer.error && now < old->second.end) {
      found = old->second.answer;
      end = old->second.end;
    }
    order_.erase(old->second.place);
    entries_.erase(old);
  }
  if (entries_.size() >= kNamesKept) {
    entries_.erase(order_.front());
    order_.pop_front();
  }
  order_.push_back(host);
  entries_.emplace(host, Entry{found, expiry, end, std::prev(order_.end())});
  return found;
}

std::optional<Resolution> AnswerCache::find(const std::string& host, Time now) const {
  const auto entry = entries_.find(host);
  if (entry == entries_.end() || now >= entry->second.expiry) return std::nullopt;
  return entry->second.answer;
}

std::optional<Resolution> AnswerCache::find_old(const std::string& host, Time now) const {
  const auto entry = entries_.find(host);
  const bool good =
      entry != entries_.end() && !entry->second.answer.error && now < entry->second.end;
  if (!good) return std::nullopt;
  return entry->second.answer;
}

}  // namespace ssmgate::net
