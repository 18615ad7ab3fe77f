// IAM policies as rules, and rules as the IAM policy that backs them up.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::tools {

struct IamImport {
  std::optional<std::string> yaml;  // loads without errors; nothing: `diagnostics` says why
  Diagnostics diagnostics;          // sorted, placed in the JSON
  bool lossy = false;               // the rules do not say all that the policy says
};

// The rules that grant what the identity policy `text` (JSON, docs/iam.md) grants of StartSession,
// never more, and deny what it denies, never less. `scp`: a service control policy, whose Allow
// statements grant nothing; one that AWS returned as such is known without.
[[nodiscard]] IamImport import_iam(std::string_view text, bool scp);

struct ExportOptions {
  std::string partition = "aws";    // for the ARNs of rules whose regions tell none
  std::vector<std::string> egress;  // addresses and CIDRs from which the gateway reaches AWS
};

struct IamExport {
  std::optional<std::string> json;  // nothing: the policy has errors
  Diagnostics diagnostics;          // sorted, placed in the policy file
  bool lossy = false;               // IAM cannot hold all that the rules say
};

// The tightest IAM identity policy that never refuses what the rules of the policy file `text`
// allow. With `egress` it allows sessions from there alone, so that nobody goes round the gateway.
[[nodiscard]] IamExport export_iam(std::string_view text, const ExportOptions& options);

}  // namespace ssmgate::tools
