// `egress`: what a CONNECT may reach that is neither SSM nor its data channel.
#include <array>

#include "config/sections.hpp"
#include "config/values.hpp"

namespace ssmgate::config {
namespace {

void load_list(const TreeNode& node, const Reader& read, EgressList list,
               std::vector<EgressEntry>& entries) {
  read.list(node, "`egress`", [&](const TreeNode& item) {
    const auto text = read.text(item, "an entry");
    if (!text) return;
    auto entry = parse_egress_entry(*text, list);
    if (auto* fault = std::get_if<std::string>(&entry)) return read.error(item, *fault);
    entries.push_back(std::move(std::get<EgressEntry>(entry)));
  });
}

void load_denied_addresses(const TreeNode& node, const Reader& read, Egress& egress) {
  static constexpr std::array<std::string_view, 4> kWords = {"loopback", "link-local", "multicast",
                                                             "unspecified"};
  std::array<bool*, 4> flags = {&egress.deny_loopback, &egress.deny_link_local,
                                &egress.deny_multicast, &egress.deny_unspecified};
  for (bool* flag : flags) *flag = false;
  read.list(node, "`deny_addresses`", [&](const TreeNode& item) {
    if (const auto word = read.word(item, "an entry", kWords)) *flags[*word] = true;
  });
}

}  // namespace

void load_egress(const TreeNode& node, const Reader& read, Egress& value) {
  static constexpr std::array<std::string_view, 4> kKnown = {"default", "allow", "deny",
                                                             "deny_addresses"};
  static constexpr std::array<std::string_view, 2> kWords = {"tunnel", "refuse"};
  if (!read.mapping(node, "`egress`", kKnown)) return;
  if (const auto* otherwise = node.find("default")) {
    if (const auto word = read.word(*otherwise, "`default`", kWords)) {
      value.otherwise = *word == 0 ? Egress::Default::tunnel : Egress::Default::refuse;
    }
  }
  if (const auto* list = node.find("allow")) load_list(*list, read, EgressList::allow, value.allow);
  if (const auto* list = node.find("deny")) load_list(*list, read, EgressList::deny, value.deny);
  if (const auto* list = node.find("deny_addresses")) load_denied_addresses(*list, read, value);
}

}  // namespace ssmgate::config
