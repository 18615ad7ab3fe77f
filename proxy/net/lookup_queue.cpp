#include "net/lookup_queue.hpp"

#include <algorithm>

namespace ssmgate::net {

std::string_view zone_of(std::string_view host) {
  const std::size_t last = host.rfind('.');
  if (last == std::string_view::npos || last == 0) return host;
  const std::size_t before = host.rfind('.', last - 1);
  return before == std::string_view::npos ? host : host.substr(before + 1);
}

void LookupQueue::push(const std::string& host) {
  const std::string_view name = zone_of(host);
  auto zone = zones_.find(name);
  if (zone == zones_.end()) {
    zone = zones_.emplace(std::string(name), Zone()).first;
    turns_.push_back(zone->first);
  }
  zone->second.waiting.push_back(host);
}

void LookupQueue::remove(const std::string& host) {
  const auto zone = zones_.find(zone_of(host));
  if (zone == zones_.end()) return;
  zone->second.waiting.remove(host);
  if (!zone->second.waiting.empty() || zone->second.busy > 0) return;
  turns_.remove(zone->first);
  zones_.erase(zone);
}

std::optional<std::string> LookupQueue::take() {
  const auto turn = std::ranges::find_if(
      turns_, [this](const std::string& name) { return may_go_on(zones_.find(name)->second); });
  if (turn == turns_.end()) return std::nullopt;
  Zone& zone = zones_.find(*turn)->second;
  std::string host = std::move(zone.waiting.front());
  zone.waiting.pop_front();
  ++zone.busy;
  turns_.splice(turns_.end(), turns_, turn);
  return host;
}

void LookupQueue::done(const std::string& host) {
  const auto zone = zones_.find(zone_of(host));
  if (zone == zones_.end()) return;
  --zone->second.busy;
  remove(host);
}

bool LookupQueue::has_next() const {
  return std::ranges::any_of(zones_, [this](const auto& each) { return may_go_on(each.second); });
}

void LookupQueue::clear() {
  zones_.clear();
  turns_.clear();
}

}  // namespace ssmgate::net
