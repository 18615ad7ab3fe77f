// Warnings about single entries of a rule's lists.
#include <algorithm>
#include <unordered_set>

#include "ssmgate/names/glob.hpp"
#include "ssmgate/names/region.hpp"
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

// The name that the entry gives; of an ARN with an account nothing, for that is nobody's slip.
std::string_view document_name(std::string_view entry) {
  constexpr std::string_view kOfAws = "::document/";
  const std::size_t of_aws = entry.find(kOfAws);
  if (of_aws != std::string_view::npos) return entry.substr(of_aws + kOfAws.size());
  return entry.starts_with("arn:") ? std::string_view() : entry;
}

// Nobody's own document can have a name that AWS reserves, so such a name may be further from the
// one that was meant.
void lint_document(const LintContext& context, const TreeNode& entry) {
  const std::string_view name = document_name(entry.scalar);
  if (find_catalogued(name) != nullptr || name == kShellDocument) return;
  std::vector<std::string_view> known = {kShellDocument};
  for (const CatalogueEntry& document : catalogue()) known.push_back(document.name);
  const bool reserved =
      is_reserved_document_name(name) && name.find_first_of("*?") == std::string_view::npos;
  const std::string_view nearest = find_nearest_word(name, known, reserved ? 5 : 2);
  if (nearest.empty() && !reserved) return;
  context.warn(entry.where,
               in_backticks(entry.scalar) + " is no document that ssmgate knows; " +
                   (nearest.empty() ? "its name is one that AWS reserves, so see that AWS has it"
                                    : "did you mean `" + std::string(nearest) + "`?"));
}

// A region may be newer than this program, so that it is no error.
void lint_region(const LintContext& context, const TreeNode& entry) {
  const auto known = known_regions();
  if (std::any_of(known.begin(), known.end(),
                  [&](std::string_view region) { return glob_matches(entry.scalar, region); })) {
    return;
  }
  const std::string_view nearest = find_nearest_word(entry.scalar, known);
  context.warn(entry.where, in_backticks(entry.scalar) + " is no region that ssmgate knows; " +
                                (nearest.empty() ? "see that AWS has it"
                                                 : "did you mean `" + std::string(nearest) + "`?"));
}

// SOURCE: AWS's IAM API reference, AccessKey: 16 to 128 characters.
void lint_access_key(const LintContext& context, const TreeNode& entry) {
  constexpr std::size_t kLeast = 16;
  if (entry.scalar.find('*') != std::string::npos || entry.scalar.size() >= kLeast) return;
  context.warn(entry.where, in_backticks(entry.scalar) +
                                " is shorter than any access key id, so no request of AWS's has "
                                "it; write the whole id, or `" +
                                entry.scalar + "*` for all that begin with it");
}

// Flags in front, as in `(?i)^OPS`, move no anchor.
std::string_view skip_flags(std::string_view text) {
  if (!text.starts_with("(?")) return text;
  const std::size_t end = text.find_first_not_of("imsU-", 2);
  return end != std::string_view::npos && text[end] == ')' ? text.substr(end + 1) : text;
}

// `text` holds no `|` outside parentheses.
bool is_anchored(std::string_view text) {
  if (text.starts_with('^') || text.starts_with("\\A")) return true;
  if (text.ends_with("\\z")) return true;
  return text.ends_with('$') && !text.ends_with("\\$");
}

// In `^a|b` the `b` matches anywhere.
bool is_anchored_throughout(std::string_view text) {
  int depth = 0;
  bool in_class = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
    } else if (c == '(' || c == ')') {
      depth += c == '(' ? 1 : -1;
    } else if (c == '|' && depth == 0) {
      if (!is_anchored(text.substr(begin, i - begin))) return false;
      begin = i + 1;
    }
  }
  return is_anchored(text.substr(begin));
}

void lint_regex(const LintContext& context, const TreeNode& node) {
  if (is_anchored_throughout(skip_flags(node.scalar))) return;
  context.warn(node.where,
               "the regular expression " + in_backticks(node.scalar) +
                   " has no anchor and matches anywhere in the text; begin it with `^`");
}

// What a request sends is compared as it is.
void lint_padding(const LintContext& context, const TreeNode& entry, std::string_view so) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::string& text = entry.scalar;
  // Blanks alone are meant.
  if (!entry.is_scalar() || text.find_first_not_of(kBlanks) == std::string::npos) return;
  if (text.back() == '\n') {
    context.warn(entry.where, in_backticks(text) + " ends with a line end, and " + std::string(so) +
                                  "; write `|-` or `>-`, or one line");
  } else if (kBlanks.find(text.front()) != std::string_view::npos ||
             kBlanks.find(text.back()) != std::string_view::npos) {
    context.warn(entry.where, in_backticks(text) + " begins or ends with a blank, and " +
                                  std::string(so) + "; take it out");
  }
}

constexpr std::string_view kAsSent = "matches no value without it";

std::string printable_key(std::string_view key) {
  return std::string(key.substr(0, 60));
}

void lint_parameters(const LintContext& context, const TreeNode& node, const Rule& rule) {
  for (const TreeEntry& entry : node.entries) {
    for (const TreeNode& value : list_entries(&entry.value)) lint_padding(context, value, kAsSent);
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

void lint_user(const LintContext& context, const TreeNode& entry) {
  lint_padding(context, entry, "matches no name without it");
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
  for (const TreeNode& region : list_entries(node.find("regions"))) lint_region(context, region);
  for (const TreeNode& key : list_entries(node.find("access_keys"))) lint_access_key(context, key);
  for (const TreeNode& user : list_entries(node.find("users"))) lint_user(context, user);
  for (const TreeNode& command : list_entries(node.find("commands"))) {
    lint_padding(context, command, kAsSent);
  }
  if (const TreeNode* reason = node.find("reason")) lint_regex(context, *reason);
  if (const TreeNode* parameters = node.find("parameters")) {
    lint_parameters(context, *parameters, rule);
  }
}

}  // namespace ssmgate::tools
