#include "support/host_rows.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ssmgate::test {

std::vector<HostRow> read_host_rows() {
  std::ifstream file(SSMGATE_TEST_DATA "/golden/hosts.txt");
  std::vector<HostRow> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    HostRow row;
    std::istringstream words(line);
    words >> row.kind >> row.region >> row.partition;
    const std::size_t begin = line.find('`');
    const bool good = begin != std::string::npos && begin + 1 < line.size() && line.back() == '`';
    if (!good || !words) throw std::runtime_error("hosts.txt: " + line);
    row.host = line.substr(begin + 1, line.size() - begin - 2);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace ssmgate::test
