#include "tools/iam/unwrap.hpp"

#include <string>

#include "names/ascii.hpp"
#include "ssmgate/text/fields.hpp"
#include "ssmgate/text/json_tree.hpp"

namespace ssmgate::tools::iam {
namespace {

using Kind = TreeNode::Kind;

// SOURCE: RFC 3986 §2.1. What is no escape stays as it is.
std::string decode_percent(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() &&
                        ascii::hex_value(text[i + 1]) >= 0 && ascii::hex_value(text[i + 2]) >= 0;
    if (!escape) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(ascii::hex_value(text[i + 1]) * 16 + ascii::hex_value(text[i + 2]));
    i += 2;
  }
  return out;
}

// The document in one of the known places of an API's answer; null: none.
const TreeNode* find_document(const TreeNode& root, bool& scp) {
  for (const std::string_view key : {"PolicyDocument", "Document"}) {
    if (const TreeNode* document = root.find(key)) return document;
  }
  if (const TreeNode* version = root.find("PolicyVersion")) return version->find("Document");
  const TreeNode* policy = root.find("Policy");
  if (policy == nullptr) return nullptr;
  const TreeNode* summary = policy->find("PolicySummary");
  const TreeNode* type = summary == nullptr ? nullptr : summary->find("Type");
  scp = type != nullptr && type->scalar == "SERVICE_CONTROL_POLICY";
  return policy->find("Content");
}

std::optional<Unwrapped> read_inside(const TreeNode& node, bool scp, Diagnostics& diagnostics) {
  const std::string text = node.scalar.starts_with('%') ? decode_percent(node.scalar) : node.scalar;
  Diagnostics found;
  auto root = parse_json_tree(text, found);
  move_inside(node.where, found);
  diagnostics.insert(diagnostics.end(), found.begin(), found.end());
  if (!root) return std::nullopt;
  if (root->kind != Kind::mapping) {
    report_error(diagnostics, node.where, "the policy in this string must be a JSON object");
    return std::nullopt;
  }
  return Unwrapped{std::move(*root), node.where, scp};
}

}  // namespace

std::optional<Unwrapped> unwrap_policy(std::string_view text, Diagnostics& diagnostics) {
  auto root = parse_json_tree(text, diagnostics);
  if (!root) return std::nullopt;
  if (root->kind != Kind::mapping) {
    report_error(diagnostics, root->where,
                 "a policy must be a JSON object, not " + std::string(kind_name(root->kind)));
    return std::nullopt;
  }
  bool scp = false;
  const TreeNode* document =
      root->find("Statement") == nullptr ? find_document(*root, scp) : nullptr;
  if (document == nullptr) return Unwrapped{std::move(*root), std::nullopt, false};
  if (document->kind == Kind::string) return read_inside(*document, scp, diagnostics);
  if (document->kind == Kind::mapping) return Unwrapped{*document, std::nullopt, scp};
  report_error(diagnostics, document->where,
               "the policy document must be an object, or that object as text");
  return std::nullopt;
}

void move_inside(Position outer, Diagnostics& found) {
  for (Diagnostic& d : found) {
    d.text = "in this string, line " + std::to_string(d.where.line) + " column " +
             std::to_string(d.where.column) + ": " + d.text;
    d.where = outer;
  }
}

}  // namespace ssmgate::tools::iam
