// Lines as a gateway writes them, for the tests of what reads them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "state/audit_record.hpp"
#include "state/audit_sink.hpp"

namespace ssmgate::audit {

// 2026-11-23T10:00:00Z
inline constexpr std::chrono::sys_seconds kMonday{std::chrono::seconds(1'795'428'000)};

// Lines of one chain, without their newlines.
class Chain {
 public:
  void add(const state::AuditRecord& record) {
    const std::string line = state::chained_line(state::render_fields(record), end_);
    end_ = state::advanced(end_, line);
    lines_.push_back(line.substr(0, line.size() - 1));
  }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  state::ChainEnd end_;
  std::vector<std::string> lines_;
};

// So many lines, each a second after the one before.
inline std::vector<std::string> lines_of_chain(int count) {
  Chain chain;
  for (int i = 0; i < count; ++i) {
    state::AuditRecord record;
    record.time = kMonday + std::chrono::seconds(i);
    record.event = i == 0 ? state::Event::start : state::Event::decision;
    record.message = "line " + std::to_string(i + 1);
    chain.add(record);
  }
  return chain.lines();
}

}  // namespace ssmgate::audit
