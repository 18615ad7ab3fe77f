#include "support/golden.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ssmgate::test {
namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

std::vector<fs::path> golden_files(std::string_view folder, std::string_view extension) {
  std::vector<fs::path> found;
  for (const auto& entry :
       fs::directory_iterator(fs::path(SSMGATE_TEST_DATA) / "golden" / folder)) {
    if (entry.path().extension() == extension) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string expected(const fs::path& golden, std::string_view got) {
  if (std::getenv("SSMGATE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(golden, std::ios::binary) << got;
  }
  return read_file(golden);
}

}  // namespace ssmgate::test
