// Two trees that say the same, wherever and in whatever quotes they say it.
#pragma once

#include <algorithm>

#include "ssmgate/text/tree.hpp"

namespace ssmgate::test {

inline bool same_tree(const TreeNode& a, const TreeNode& b) {
  const bool scalar = a.kind == TreeNode::Kind::null || a.scalar == b.scalar;
  return a.kind == b.kind && scalar &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same_tree) &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
                    [](const TreeEntry& x, const TreeEntry& y) {
                      return x.key == y.key && same_tree(x.value, y.value);
                    });
}

}  // namespace ssmgate::test
