// What `ssmgate audit verify` says of one log, as text and as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/checkpoints.hpp"
#include "audit/verify.hpp"
#include "commands/audit.hpp"

namespace ssmgate::commands {

class LogVerdict {
 public:
  // `unchecked`: why the log's end could not be held against a kept checkpoint; empty: it could.
  LogVerdict(const LogFiles& files, audit::ChainReport report, audit::CheckpointReport checkpoints,
             bool wants_whole, std::string unchecked);

  [[nodiscard]] bool intact() const { return !report_.fault; }
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string json() const;

 private:
  void append_place(const audit::Place& place, std::string& out) const;
  [[nodiscard]] std::string where(const audit::Place& place) const;
  [[nodiscard]] std::string_view kind() const { return audit::name(report_.fault->damage); }
  [[nodiscard]] std::vector<std::string> notes() const;
  void append_said(std::vector<std::string>& all) const;
  void append_checkpoints(std::vector<std::string>& all) const;

  const LogFiles& files_;
  audit::ChainReport report_;
  audit::CheckpointReport checkpoints_;
  std::string unchecked_;
};

}  // namespace ssmgate::commands
