#include "rules/value_reader.hpp"

#include <re2/re2.h>

namespace ssmgate {

std::optional<std::string_view> ValueReader::text(const TreeNode& node, std::string_view key) {
  if (node.kind == TreeNode::Kind::string) return std::string_view(node.scalar);
  std::string text = "`" + std::string(key) + "` must be text, not ";
  text += kind_name(node.kind);
  if (node.kind == TreeNode::Kind::null) {
    text += "; write a value, or remove it";
  } else if (node.is_scalar()) {
    text += "; write \"" + std::string(node.scalar.substr(0, 60)) + "\", in quotes";
  } else {
    text += "; write a single value";
  }
  error(node.where, std::move(text));
  return std::nullopt;
}

bool ValueReader::may_write_out(std::size_t members, Position where) {
  constexpr std::size_t kMax = 1'000'000;
  const bool full = written_out_ > kMax;
  written_out_ += members;
  if (written_out_ <= kMax) return true;
  if (!full) {
    error(where,
          "the groups in the rules up to here have more than 1,000,000 members in all, each rule's "
          "counted; write smaller groups, or fewer rules for them");
  }
  return false;
}

std::span<const TreeNode> ValueReader::list(const TreeNode& node, std::string_view key) {
  if (node.kind == TreeNode::Kind::sequence) {
    if (node.items.empty()) {
      error(node.where, "`" + std::string(key) +
                            "` is an empty list; list what it holds for, or remove the key");
    }
    return node.items;
  }
  if (node.is_scalar()) return {&node, 1};
  error(node.where, "`" + std::string(key) + "` must be a list, not a mapping; write [ … ]");
  return {};
}

bool ValueReader::mapping(const TreeNode& node, std::string_view key) {
  if (node.kind == TreeNode::Kind::mapping) return true;
  const bool word = key.find(' ') == std::string_view::npos;
  error(node.where, (word ? "`" + std::string(key) + "`" : std::string(key)) +
                        " must be a mapping, not " + std::string(kind_name(node.kind)) +
                        "; write `KEY: VALUE` lines below it, or {KEY: VALUE}");
  return false;
}

std::optional<Instant> ValueReader::instant(const TreeNode& node, std::string_view key) {
  const bool number = node.kind == TreeNode::Kind::integer || node.kind == TreeNode::Kind::floating;
  const auto written = number ? std::optional<std::string_view>(node.scalar) : text(node, key);
  if (!written) return std::nullopt;
  const auto parsed = parse_instant(*written);
  if (parsed) return *parsed;
  error(node.where, "`" + std::string(key) + "`: " + parsed.error());
  return std::nullopt;
}

// LIMIT: of one expression's program; a thousand characters of text need a hundredth of it.
constexpr std::int64_t kMaxRegexMemory = 1 << 20;

RegexCriterion ValueReader::regex(const TreeNode& node, std::string_view key) {
  const auto written = text(node, key);
  if (!written) return {};
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxRegexMemory);
  auto compiled =
      std::make_shared<const re2::RE2>(re2::StringPiece(written->data(), written->size()), options);
  if (compiled->ok()) return {std::string(*written), std::move(compiled)};
  const bool too_large = compiled->error_code() == re2::RE2::ErrorPatternTooLarge;
  error(node.where, "`" + std::string(key) + "` is not an RE2 regular expression: " +
                        in_backticks(compiled->error()) + " in " + in_backticks(*written) +
                        (too_large ? "; write a shorter one, with smaller repetitions"
                                   : "; write one without look-around and back-references"));
  return {};
}

bool ValueReader::identifier(std::string_view word, Position where, std::string_view what) {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t kMax = 64;
  const bool good =
      !word.empty() && word.size() <= kMax && kFirst.find(word[0]) != std::string_view::npos &&
      word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
  if (good) return true;
  error(where, in_backticks(word) + " is no " + std::string(what) +
                   "; write 1 to 64 of `a-z`, `0-9` and `-`, beginning with a letter or digit");
  return false;
}

}  // namespace ssmgate
