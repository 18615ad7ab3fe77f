#include "flow/listeners.hpp"

#include <algorithm>
#include <iterator>

#include "config/values.hpp"

namespace ssmgate::flow {
namespace {

ListenerPtr find_listener(const std::vector<ListenerPtr>& listeners, const ListenerKey& key) {
  const auto found = std::ranges::find_if(
      listeners, [&](const ListenerPtr& listener) { return listener->key() == key; });
  return found == listeners.end() ? nullptr : *found;
}

// A port that this gateway holds itself, on another address that overlaps, can be had only by
// letting go of it first: in between, clients would be turned away.
std::string hint(const std::vector<ListenerPtr>& removed, const ListenerKey& key) {
  for (const ListenerPtr& listener : removed) {
    if (listener->address().port != key.wanted.port) continue;
    return "; it is this gateway's own listener " +
           config::render_socket_address(listener->address()) +
           " that is in the way: restart the gateway for this change";
  }
  return {};
}

}  // namespace

std::variant<std::string, Listeners::Plan> Listeners::prepare(
    const std::vector<config::Listener>& wanted, const std::vector<int>& inherited) const {
  Plan plan;
  const std::vector<ListenerKey> keys = keys_of(wanted);
  std::ranges::copy_if(all_, std::back_inserter(plan.removed), [&](const ListenerPtr& listener) {
    return std::ranges::find(keys, listener->key()) == keys.end();
  });
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const ListenerKey& key = keys[i];
    if (ListenerPtr kept = find_listener(all_, key)) {
      plan.all.push_back(std::move(kept));
      continue;
    }
    auto bound = Listener::bind(loops_, key, i < inherited.size() ? inherited[i] : -1);
    if (auto* fault = std::get_if<std::string>(&bound)) return *fault + hint(plan.removed, key);
    plan.added.push_back(std::get<ListenerPtr>(bound));
    plan.all.push_back(std::move(std::get<ListenerPtr>(bound)));
  }
  return plan;
}

void Listeners::commit(Plan plan, Gateway& gateway) {
  for (const ListenerPtr& listener : plan.removed) listener->close();
  all_ = std::move(plan.all);
  std::ranges::move(plan.added, std::back_inserter(waiting_));
  Gateway::Addresses addresses;
  for (const ListenerPtr& listener : all_) addresses.push_back(listener->address());
  gateway.set_listeners(std::move(addresses));
}

void Listeners::start(Gateway& gateway, Admission& admission) {
  for (const ListenerPtr& listener : waiting_) listener->start(gateway, admission);
  waiting_.clear();
}

void Listeners::close() {
  for (const ListenerPtr& listener : all_) listener->close();
}

}  // namespace ssmgate::flow
