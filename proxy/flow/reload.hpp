// One reload: everything is loaded aside, and then in force, or nothing is.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "flow/admission.hpp"
#include "flow/gateway.hpp"
#include "flow/listeners.hpp"
#include "flow/reloader.hpp"

namespace ssmgate::flow {

// What a reload works on; used by the reloader's thread.
struct Reloadable {
  Gateway& gateway;
  Admission& admission;
  Listeners& listeners;
  // Guards the swap against the end of the gateway: once `ending`, nothing is swapped.
  std::mutex& lifecycle;
  const bool& ending;
  std::optional<std::filesystem::path> file;  // of the configuration in force
  std::function<void(std::shared_ptr<const void>)> bury;
};

// Reads the configuration again and puts it in force. `files`: what is to be watched, also after a
// reload that was not taken. INVARIANT: a fault changes nothing.
[[nodiscard]] ReloadReport try_reload(Reloadable& target, const std::string& asked_by,
                                      std::vector<std::filesystem::path>& files);

}  // namespace ssmgate::flow
