#include "state/temporary_folder.hpp"

#include <cerrno>
#include <cstdlib>

namespace ssmgate::state {
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder(std::string_view purpose) {
  const char* place = std::getenv("TMPDIR");
  base_ = place != nullptr && *place != '\0' ? place : "/tmp";
  std::string name = (base_ / ("ssmgate-" + std::string(purpose) + "-XXXXXX")).string();
  if (::mkdtemp(name.data()) != nullptr) {
    path_ = name;
  } else {
    error_.assign(errno, std::system_category());
  }
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

std::string TemporaryFolder::fault() const {
  return "no temporary folder can be made in `" + base_.string() + "`: " + error_.message() +
         "; name a folder in TMPDIR";
}

}  // namespace ssmgate::state
