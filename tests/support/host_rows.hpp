// The table of hosts and their classes, tests/golden/hosts.txt.
#pragma once

#include <string>
#include <vector>

namespace ssmgate::test {

struct HostRow {
  std::string kind;  // api, channel or none
  std::string region;
  std::string partition;
  std::string host;
};

// Throws when a line is in no such form.
[[nodiscard]] std::vector<HostRow> read_host_rows();

}  // namespace ssmgate::test
