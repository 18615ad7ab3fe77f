// An IAM policy's JSON: it is imported or has errors, in words that may go to a terminal and at
// places of the file; the outcome loads, exports and is imported again, and all of it is the same
// every time.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "ssmgate/rules/policy.hpp"
#include "ssmgate/tools/iam.hpp"
#include "support/fuzz_check.hpp"

using namespace ssmgate;

namespace {

void check_diagnostics(const Diagnostics& diagnostics, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const Diagnostic& d : diagnostics) {
    FUZZ_CHECK(d.where.line >= 1 && d.where.line <= lines && d.where.column >= 1);
    FUZZ_CHECK(!d.text.empty() && escape_invisible(d.text) == d.text);
  }
}

void check_import(std::string_view text, bool scp) {
  const tools::IamImport imported = tools::import_iam(text, scp);
  check_diagnostics(imported.diagnostics, text);
  FUZZ_CHECK(imported.yaml.has_value() != has_errors(imported.diagnostics));
  if (!imported.yaml) return;
  FUZZ_CHECK(tools::import_iam(text, scp).yaml == imported.yaml);
  FUZZ_CHECK(load_policy(*imported.yaml).policy != nullptr);
  const tools::IamExport exported = tools::export_iam(*imported.yaml, {});
  FUZZ_CHECK(exported.json.has_value());
  check_diagnostics(exported.diagnostics, *imported.yaml);
  const tools::IamImport again = tools::import_iam(*exported.json, false);
  FUZZ_CHECK(again.yaml.has_value() && load_policy(*again.yaml).policy != nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_import(text, false);
  check_import(text, true);
  return 0;
}
