// A loaded policy: immutable, shared between threads, compiled for quick judgement.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate {

struct CompiledRules;  // policy/rules/compiled.hpp

class Policy {
 public:
  // What an absent DocumentName stands for.
  [[nodiscard]] const std::string& default_document() const noexcept;
  // Lower-case hex SHA-256 of the file's bytes.
  [[nodiscard]] const std::string& revision() const noexcept;
  [[nodiscard]] const CompiledRules& rules() const noexcept { return *rules_; }

  explicit Policy(std::shared_ptr<const CompiledRules> rules) : rules_(std::move(rules)) {}

 private:
  std::shared_ptr<const CompiledRules> rules_;  // INVARIANT: never null
};

struct LoadedPolicy {
  std::shared_ptr<const Policy> policy;  // null when `diagnostics` has errors
  Diagnostics diagnostics;               // errors and warnings, sorted
};

// Loads the text of a policy file (docs/policy.md). All errors of the file are reported in one go.
[[nodiscard]] LoadedPolicy load_policy(std::string_view text);

// The policy that a gateway without one uses: the shell, and forwards to the node's own ports.
[[nodiscard]] std::string_view builtin_policy_text() noexcept;

}  // namespace ssmgate
