#include "config/reader.hpp"

#include <algorithm>
#include <charconv>

#include "ssmgate/text/duration.hpp"

namespace ssmgate::config {
namespace {

std::string alternatives(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += in_backticks(words[i]);
  }
  return text;
}

}  // namespace

void Reader::error(const TreeNode& at, std::string text) const {
  report_error(diagnostics_, at.where, std::move(text));
}

bool Reader::mapping(const TreeNode& node, std::string_view what,
                     std::span<const std::string_view> known,
                     std::span<const std::string_view> unsupported) const {
  if (node.kind != TreeNode::Kind::mapping) {
    error(node, std::string(what) + " is " + std::string(kind_name(node.kind)) +
                    ", write a mapping: one `key: value` a line");
    return false;
  }
  TreeNode rest = node;
  std::erase_if(rest.entries, [&](const TreeEntry& entry) {
    return std::ranges::find(unsupported, entry.key) != unsupported.end();
  });
  for (const TreeEntry& entry : node.entries) {
    if (std::ranges::find(unsupported, entry.key) == unsupported.end()) continue;
    report_error(
        diagnostics_, entry.where,
        in_backticks(entry.key) + " is not supported by this version of ssmgate; take it out");
  }
  report_unknown_keys(rest, known, what, diagnostics_);
  return true;
}

std::optional<std::string> Reader::text(const TreeNode& node, std::string_view what) const {
  if (node.kind == TreeNode::Kind::string && !node.scalar.empty()) return node.scalar;
  if (node.is_scalar() && node.kind != TreeNode::Kind::null && !node.scalar.empty()) {
    error(node, std::string(what) + " is " + std::string(kind_name(node.kind)) +
                    ", put it in quotes: \"" + node.scalar + "\"");
  } else {
    error(node, std::string(what) + " is " +
                    (node.is_scalar() ? "empty" : std::string(kind_name(node.kind))) +
                    ", write one text");
  }
  return std::nullopt;
}

std::optional<bool> Reader::boolean(const TreeNode& node, std::string_view what) const {
  if (node.kind == TreeNode::Kind::boolean) {
    return node.scalar == "true" || node.scalar == "True" || node.scalar == "TRUE";
  }
  error(node, std::string(what) + " is neither `true` nor `false`");
  return std::nullopt;
}

std::optional<std::uint32_t> Reader::count(const TreeNode& node, std::string_view what) const {
  std::uint32_t value = 0;
  const char* end = node.scalar.data() + node.scalar.size();
  if (node.kind == TreeNode::Kind::integer) {
    const auto [stop, fault] = std::from_chars(node.scalar.data(), end, value);
    if (fault == std::errc() && stop == end && value > 0) return value;
  }
  error(node, std::string(what) + " is not a whole number of at least 1 and at most 4294967295");
  return std::nullopt;
}

std::optional<std::filesystem::path> Reader::path(const TreeNode& node,
                                                  std::string_view what) const {
  const auto written = text(node, what);
  if (!written) return std::nullopt;
  return resolve(*written);
}

std::filesystem::path Reader::resolve(std::string_view written) const {
  return (folder_ / written).lexically_normal();
}

std::optional<std::size_t> Reader::word(const TreeNode& node, std::string_view what,
                                        std::span<const std::string_view> words) const {
  if (node.kind == TreeNode::Kind::string) {
    const auto found = std::ranges::find(words, node.scalar);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  }
  error(node, std::string(what) + " is not " + alternatives(words));
  return std::nullopt;
}

void Reader::duration(const TreeNode* node, std::string_view what,
                      std::chrono::milliseconds& value) const {
  if (node == nullptr) return;
  const auto parsed = node->is_scalar() ? parse_duration(node->scalar) : std::nullopt;
  if (!parsed) {
    error(*node,
          std::string(what) +
              " is no duration; write a whole number and a unit, at most 7 days: `250ms`, `5s`, "
              "`10m`, `1h`");
    return;
  }
  value = *parsed;
}

void Reader::list(const TreeNode& node, std::string_view,
                  const std::function<void(const TreeNode&)>& each) const {
  if (node.kind != TreeNode::Kind::sequence) return each(node);
  for (const TreeNode& item : node.items) each(item);
}

}  // namespace ssmgate::config
