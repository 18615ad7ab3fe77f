// The gateway's counts and condition as Prometheus reads them.
//
// Owns: the metrics' names, labels and words (docs/operations.md). The only file that names
// prometheus-cpp is metrics_text.cpp. INVARIANT: no label holds a host, a user or anything else
// that a client chose.
#pragma once

#include <string>

#include "flow/status.hpp"

namespace ssmgate::flow {

// SOURCE: Prometheus' text exposition format 0.0.4.
inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";
[[nodiscard]] std::string render_metrics(const StatusSource& source);

}  // namespace ssmgate::flow
