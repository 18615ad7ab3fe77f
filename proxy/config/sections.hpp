// The sections of ssmgate.yaml that have a file of their own. Each reads one mapping into `value`,
// which holds the defaults, and reports every fault of it.
#pragma once

#include "config/config.hpp"
#include "config/reader.hpp"

namespace ssmgate::config {

void load_admin(const TreeNode& node, const Reader& read, Admin& value);
void load_audit(const TreeNode& node, const Reader& read, Audit& value);
void load_egress(const TreeNode& node, const Reader& read, Egress& value);
void load_sessions(const TreeNode& node, const Reader& read, Sessions& value);
void load_upstream(const TreeNode& node, const Reader& read, Upstream& value);

}  // namespace ssmgate::config
