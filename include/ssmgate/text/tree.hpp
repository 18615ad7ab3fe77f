// A YAML document as a tree in which every value knows its place and how it was written.
//
// Owns: the subset of YAML 1.2 that policy and configuration files may use: one document, core
// types, no anchors, aliases, tags or duplicate keys. Does not own: what the keys mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate {

struct TreeEntry;

struct TreeNode {
  // The YAML 1.2 core type. A quoted or block scalar is always `string`.
  enum class Kind : std::uint8_t { null, boolean, integer, floating, string, sequence, mapping };

  Kind kind = Kind::null;
  Position where;
  bool quoted = false;             // scalars: written in quotes or as a block
  std::string scalar;              // scalars: the text as written, escapes resolved
  std::vector<TreeNode> items;     // sequences
  std::vector<TreeEntry> entries;  // mappings, in the file's order, keys unique

  [[nodiscard]] bool is_scalar() const noexcept {
    return kind != Kind::sequence && kind != Kind::mapping;
  }
  [[nodiscard]] const TreeNode* find(std::string_view key) const noexcept;
};

struct TreeEntry {
  std::string key;
  Position where;  // of the key
  TreeNode value;
};

// LIMIT: 4 MiB and 16 levels, as docs/policy.md promises; both are refused before any work is done
// that grows with the file.
inline constexpr std::size_t kMaxFileSize = 4 * 1024 * 1024;
inline constexpr int kMaxNesting = 16;

// The tree of `text`, or nothing when it cannot be read at all; every fault that was found is
// appended to `diagnostics`. A tree comes back beside faults that leave the rest readable (a
// duplicate key, an anchor, a tag), so that one run reports all errors of a file: a caller goes by
// `has_errors`, not by the tree. A file without content is a null at line 1. Linear in the size.
[[nodiscard]] std::optional<TreeNode> parse_tree(std::string_view text, Diagnostics& diagnostics);

}  // namespace ssmgate
