#include "flow/warm_plan.hpp"

#include <algorithm>

namespace ssmgate::flow {
namespace {

constexpr std::chrono::seconds kFirstPause{5};
constexpr int kMostDoublings = 6;  // 5 min 20 s

}  // namespace

void WarmPlan::used(const UpstreamHost& host, Time now) {
  Entry& entry = entries_[host];
  entry.last_used = now;
  if (entries_.size() <= kMaxWarmHosts) return;
  const auto oldest = std::ranges::min_element(
      entries_, {}, [](const auto& each) { return each.second.last_used; });
  entries_.erase(oldest);
}

bool WarmPlan::begin(const UpstreamHost& host, std::size_t idle, Time now) {
  const auto found = entries_.find(host);
  if (found == entries_.end() || idle > 0) return false;
  Entry& entry = found->second;
  if (entry.opening || now < entry.not_before || now - entry.last_used >= kKeepWarm) return false;
  entry.opening = true;
  return true;
}

void WarmPlan::end(const UpstreamHost& host, bool good, Time now, double jitter) {
  const auto found = entries_.find(host);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.opening = false;
  entry.failures = good ? 0 : std::min(entry.failures + 1, kMostDoublings + 1);
  entry.not_before = now;
  if (good) return;
  const auto pause = kFirstPause * (1 << (entry.failures - 1));
  entry.not_before += std::chrono::duration_cast<Time::duration>(pause * (1.0 + jitter));
}

std::vector<UpstreamHost> WarmPlan::hosts(Time now) {
  std::erase_if(entries_, [&](const auto& each) {
    return !each.second.opening && now - each.second.last_used >= kKeepWarm;
  });
  std::vector<UpstreamHost> hosts;
  for (const auto& [host, entry] : entries_) hosts.push_back(host);
  return hosts;
}

}  // namespace ssmgate::flow
