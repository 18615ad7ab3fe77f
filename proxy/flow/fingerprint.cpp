#include "flow/fingerprint.hpp"

#include <cstdint>
#include <variant>

#include "flow/file_watch.hpp"
#include "state/signed_file.hpp"
#include "tls/file.hpp"

namespace ssmgate::flow {
namespace fs = std::filesystem;

std::string fingerprint(const std::vector<fs::path>& files) {
  std::string hashes;
  for (const fs::path& file : files) {
    const auto text = tls::read_file(file, tls::Privacy::none);
    const auto* bytes = std::get_if<std::string>(&text);
    if (bytes == nullptr) return {};
    hashes += state::sha256_hex(*bytes);
  }
  return hashes;
}

std::string stamp(const std::vector<fs::path>& files) {
  std::string stamps;
  for (const FileState& state : look_at(files)) {
    if (!state.present) return {};
    for (const auto number :
         {static_cast<std::uint64_t>(state.device), static_cast<std::uint64_t>(state.inode),
          static_cast<std::uint64_t>(state.size), static_cast<std::uint64_t>(state.modified_ns)}) {
      stamps += std::to_string(number);
      stamps += ' ';
    }
  }
  return stamps;
}

}  // namespace ssmgate::flow
