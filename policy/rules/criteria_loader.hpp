// The criteria of a rule, each from its value in the file. Faults are reported at their entry.
#pragma once

#include "rules/rule_loader.hpp"

namespace ssmgate {

void load_users(const TreeNode& node, const Groups& groups, ValueReader& in, Rule& rule);
void load_clients(const TreeNode& node, ValueReader& in, Rule& rule);
void load_accounts(const TreeNode& node, ValueReader& in, Rule& rule);
void load_access_keys(const TreeNode& node, ValueReader& in, Rule& rule);
void load_regions(const TreeNode& node, ValueReader& in, Rule& rule);
void load_targets(const TreeNode& node, ValueReader& in, Rule& rule);
void load_documents(const TreeNode& node, ValueReader& in, Rule& rule);
void load_hosts(const TreeNode& node, ValueReader& in, Rule& rule);
void load_ports(const TreeNode& node, ValueReader& in, Rule& rule);
void load_commands(const TreeNode& node, ValueReader& in, Rule& rule);
void load_reason(const TreeNode& node, ValueReader& in, Rule& rule);
void load_not_before(const TreeNode& node, ValueReader& in, Rule& rule);
void load_expires(const TreeNode& node, ValueReader& in, Rule& rule);

// What a glob over a parameter's value may be.
inline constexpr std::string_view kValueForm =
    "write a glob over a value of 1 to 65535 characters, without NUL and without `{{`, which the "
    "node would resolve from Parameter Store";

// value_loader.cpp
void load_parameters(const TreeNode& node, ValueReader& in, Rule& rule);
void load_hours(const TreeNode& node, ValueReader& in, Rule& rule);
[[nodiscard]] std::vector<HostEntry> load_host_entries(const TreeNode& node, std::string_view key,
                                                       bool denies, ValueReader& in);
// `least`: 1, or 0 for ports of the caller's own machine.
[[nodiscard]] std::vector<PortEntry> load_port_entries(const TreeNode& node, std::string_view key,
                                                       std::uint16_t least, ValueReader& in);

}  // namespace ssmgate
