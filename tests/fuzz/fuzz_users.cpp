// A users file has users or errors, never both; errors are of one line, at a place in the file, and
// show no hash.
#include <algorithm>

#include "auth/password_hash.hpp"
#include "auth/users.hpp"
#include "fuzz/wire_property.hpp"

using namespace ssmgate;
using namespace ssmgate::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::view(data, size);
  const LoadedUsers loaded = parse_users(input);
  FUZZ_CHECK((loaded.users != nullptr) == loaded.diagnostics.empty());
  const auto lines = 1 + std::ranges::count(input, '\n');
  for (const Diagnostic& each : loaded.diagnostics) {
    FUZZ_CHECK(each.where.line >= 1 && each.where.line <= lines && each.where.column >= 1);
    FUZZ_CHECK(escape_invisible(each.text) == each.text && each.text.size() < 1024);
  }
  if (loaded.users == nullptr) return 0;
  FUZZ_CHECK(loaded.users->size() > 0);
  FUZZ_CHECK(fault_in_hash(loaded.users->decoy(size)).empty());
  FUZZ_CHECK(loaded.users->find("") == nullptr);
  return 0;
}
