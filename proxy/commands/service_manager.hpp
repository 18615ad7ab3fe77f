// What the service manager (systemd) is told of a running gateway. Without one, nothing happens.
// SOURCE: sd_notify(3), systemd.service(5): Type=notify-reload, WatchdogSec=.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace ssmgate::commands {

// Safe from any thread.
class ServiceManager {
 public:
  // In service; after a reload, in service again. `status` is one line for `systemctl status`.
  void ready(const std::string& status) const;
  void reloading() const;
  // `grace`: how long the end may take.
  void stopping(std::chrono::milliseconds grace) const;

  // How often `alive` is wanted; nothing: it is not.
  [[nodiscard]] std::optional<std::chrono::milliseconds> watchdog_period() const;
  void alive() const;
};

}  // namespace ssmgate::commands
