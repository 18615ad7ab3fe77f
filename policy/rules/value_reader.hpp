// Reading one value of a policy file: right type, or an error at its place.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rules/compiled.hpp"
#include "rules/instant.hpp"
#include "ssmgate/text/fields.hpp"

namespace ssmgate {

// Every function reports what is wrong and returns nothing; `key` names the value in messages.
class ValueReader {
 public:
  explicit ValueReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void error(Position where, std::string text) {
    report_error(diagnostics_, where, std::move(text));
  }
  // LIMIT: looking for the word that was meant is worth it for the first 100 mistakes of a file; a
  // file with thousands of groups and of misspelt ones must not cost their product.
  [[nodiscard]] bool may_hint() noexcept { return hints_ < 100 && ++hints_ > 0; }
  // LIMIT: a million users in all, as every rule holds the members of its groups: a large group in
  // each of many rules is their product.
  [[nodiscard]] bool may_write_out(std::size_t members, Position where);
  [[nodiscard]] Diagnostics& diagnostics() noexcept { return diagnostics_; }

  [[nodiscard]] std::optional<std::string_view> text(const TreeNode& node, std::string_view key);
  // The entries of a list; a bare value is a list of one. Empty when it was refused.
  [[nodiscard]] std::span<const TreeNode> list(const TreeNode& node, std::string_view key);
  [[nodiscard]] bool mapping(const TreeNode& node, std::string_view key);
  [[nodiscard]] std::optional<Instant> instant(const TreeNode& node, std::string_view key);
  [[nodiscard]] RegexCriterion regex(const TreeNode& node, std::string_view key);
  // [a-z0-9][a-z0-9-]{0,63}: rule ids and group names.
  [[nodiscard]] bool identifier(std::string_view word, Position where, std::string_view what);

 private:
  Diagnostics& diagnostics_;
  int hints_ = 0;
  std::size_t written_out_ = 0;
};

}  // namespace ssmgate
