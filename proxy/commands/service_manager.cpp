#include "commands/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <string>

namespace ssmgate::commands {
namespace {

// A manager that cannot be reached is no reason to end, and would say so itself.
void notify(const std::string& state) {
  static_cast<void>(::sd_notify(0, state.c_str()));
}

std::string microseconds(std::chrono::steady_clock::duration value) {
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(value).count());
}

}  // namespace

void ServiceManager::ready(const std::string& status) const {
  notify("READY=1\nSTATUS=" + status);
}

void ServiceManager::reloading() const {
  // The time tells this reload from the answer to an earlier signal. libstdc++'s steady clock is
  // CLOCK_MONOTONIC.
  notify("RELOADING=1\nMONOTONIC_USEC=" +
         microseconds(std::chrono::steady_clock::now().time_since_epoch()));
}

void ServiceManager::stopping(std::chrono::milliseconds grace) const {
  // Beyond the grace: closing what is left, and the last audit records.
  const auto needed = grace + std::chrono::seconds(10);
  notify("STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=" + microseconds(needed));
}

std::optional<std::chrono::milliseconds> ServiceManager::watchdog_period() const {
  std::uint64_t limit = 0;
  if (::sd_watchdog_enabled(0, &limit) <= 0) return std::nullopt;
  // A third of the limit: one that comes late does not end the gateway.
  const auto period = std::chrono::microseconds(limit / 3);
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(period),
                  std::chrono::milliseconds(1));
}

void ServiceManager::alive() const {
  notify("WATCHDOG=1");
}

}  // namespace ssmgate::commands
