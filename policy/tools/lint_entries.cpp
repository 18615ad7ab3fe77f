// Warnings about single entries of a rule's lists.
#include <unordered_set>

#include "ssmgate/text/fields.hpp"
#include "tools/lint_parts.hpp"
#include "tools/public_suffix.hpp"

namespace ssmgate::tools {
namespace {

void lint_cidr(const LintContext& context, const TreeNode& entry) {
  const auto cidr = parse_cidr(entry.scalar);
  if (!cidr || !cidr->has_host_bits()) return;
  context.warn(entry.where,
               in_backticks(entry.scalar) +
                   " has bits set behind its prefix, which do not count; write the first "
                   "address of the block, or a longer prefix");
}

void lint_host(const LintContext& context, const TreeNode& entry, const Rule& rule) {
  lint_cidr(context, entry);
  if (rule.denies || !is_as_wide_as_public_suffix(entry.scalar)) return;
  context.warn(entry.where,
               in_backticks(entry.scalar) +
                   " is as wide as a public suffix: anyone can register a name that it "
                   "matches; name your own domain");
}

void lint_document(const LintContext& context, const TreeNode& entry) {
  if (find_catalogued(entry.scalar) != nullptr || entry.scalar == kShellDocument) return;
  std::vector<std::string_view> known = {kShellDocument};
  for (const CatalogueEntry& document : catalogue()) known.push_back(document.name);
  const std::string_view nearest = find_nearest_word(entry.scalar, known);
  if (nearest.empty()) return;
  context.warn(entry.where, in_backticks(entry.scalar) +
                                " is no document that ssmgate knows; did you "
                                "mean `" +
                                std::string(nearest) + "`?");
}

void lint_regex(const LintContext& context, const TreeNode& node) {
  const std::string_view text = node.scalar;
  const bool begins = text.starts_with('^') || text.starts_with("\\A");
  const bool ends = text.ends_with('$') || text.ends_with("\\z");
  if (begins || ends) return;
  context.warn(node.where,
               "the regular expression " + in_backticks(text) +
                   " has no anchor and matches anywhere in the text; begin it with `^`");
}

std::string printable_key(std::string_view key) {
  return std::string(key.substr(0, 60));
}

void lint_parameters(const LintContext& context, const TreeNode& node, const Rule& rule) {
  for (const TreeEntry& entry : node.entries) {
    if (entry.value.kind == TreeNode::Kind::sequence) {
      lint_duplicates(context, &entry.value);
      for (const TreeNode& item : entry.value.items) {
        if (item.scalar != "any") continue;
        context.warn(item.where, "`any` in a list is the value \"any\" itself; write `" +
                                     printable_key(entry.key) + ": any` for every value");
      }
    }
    if (const TreeNode* regex = entry.value.find("regex")) lint_regex(context, *regex);
    for (const TreeNode& host : list_entries(entry.value.find("host")))
      lint_host(context, host, rule);
  }
}

}  // namespace

void lint_duplicates(const LintContext& context, const TreeNode* list) {
  if (list == nullptr) return;
  std::unordered_set<std::string_view> seen;
  for (const TreeNode& entry : list_entries(list)) {
    if (entry.is_scalar() && !seen.insert(entry.scalar).second) {
      context.warn(entry.where,
                   in_backticks(entry.scalar) + " stands twice in this list; remove one");
    }
  }
}

void lint_rule_entries(const LintContext& context, const TreeNode& node, const Rule& rule) {
  for (const TreeEntry& entry : node.entries) {
    if (entry.value.kind == TreeNode::Kind::sequence) lint_duplicates(context, &entry.value);
  }
  for (const TreeNode& client : list_entries(node.find("clients"))) lint_cidr(context, client);
  for (const TreeNode& host : list_entries(node.find("hosts"))) lint_host(context, host, rule);
  for (const TreeNode& document : list_entries(node.find("documents"))) {
    lint_document(context, document);
  }
  if (const TreeNode* reason = node.find("reason")) lint_regex(context, *reason);
  if (const TreeNode* parameters = node.find("parameters")) {
    lint_parameters(context, *parameters, rule);
  }
}

}  // namespace ssmgate::tools
