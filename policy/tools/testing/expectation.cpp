#include "tools/testing/expectation.hpp"

#include <algorithm>
#include <array>

namespace ssmgate::tools {
namespace {

// The codes that a judgement of a StartSession body can have.
constexpr std::array kCodes = {
    Code::allowed,
    Code::explicit_deny,
    Code::no_rule,
    Code::too_large,
    Code::json,
    Code::duplicate_key,
    Code::unknown_member,
    Code::member_type,
    Code::value_count,
    Code::unknown_parameter,
    Code::parameter_reference,
    Code::host,
    Code::port,
    Code::target,
    Code::document,
};

std::string list_words(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += '`' + std::string(words[i]) + '`';
  }
  return text;
}

class ExpectationLoader {
 public:
  explicit ExpectationLoader(ValueReader& in) : in_(in) {}

  Expectation load(const TreeNode& node) {
    Expectation expect;
    static constexpr std::array<std::string_view, 3> kDecisions = {"allow", "deny", "malformed"};
    static constexpr std::array<std::string_view, 2> kEffects = {"relay", "refuse"};
    const TreeNode* decision = node.find("expect");
    if (decision == nullptr) {
      in_.error(node.where, "a case needs `expect`; write `allow`, `deny` or `malformed`");
    } else if (const auto word = one_of(*decision, "expect", kDecisions)) {
      expect.decision = *word == "allow"  ? Decision::allow
                        : *word == "deny" ? Decision::deny
                                          : Decision::malformed;
    }
    if (const TreeNode* effect = node.find("effect")) {
      expect.effect = one_of(*effect, "effect", kEffects);
    }
    if (const TreeNode* code = node.find("code")) load_code(*code, expect);
    expect.rule = rule_id(node.find("rule"), "rule");
    expect.nearest = rule_id(node.find("nearest"), "nearest");
    if (const TreeNode* reported = node.find("reported")) load_reported(*reported, expect);
    return expect;
  }

 private:
  std::optional<std::string> one_of(const TreeNode& node, std::string_view key,
                                    std::span<const std::string_view> words) {
    if (node.kind == TreeNode::Kind::string &&
        std::find(words.begin(), words.end(), node.scalar) != words.end()) {
      return node.scalar;
    }
    in_.error(node.where, node.is_scalar()
                              ? in_backticks(node.scalar) + " is nothing to write under `" +
                                    std::string(key) + "`; write " + list_words(words)
                              : "`" + std::string(key) + "` must be one word, not " +
                                    std::string(kind_name(node.kind)) + "; write " +
                                    list_words(words));
    return std::nullopt;
  }

  void load_code(const TreeNode& node, Expectation& expect) {
    const auto text = in_.text(node, "code");
    if (!text) return;
    std::vector<std::string_view> known;
    known.reserve(kCodes.size());
    for (const Code code : kCodes) known.push_back(ssmgate::name(code));
    if (std::find(known.begin(), known.end(), *text) != known.end()) {
      expect.code = *text;
      return;
    }
    const std::string_view nearest = find_nearest_word(*text, known);
    in_.error(node.where, in_backticks(*text) + " is no code of a judgement; " +
                              (nearest.empty() ? "write one of " + list_words(known)
                                               : "did you mean `" + std::string(nearest) + "`?"));
  }

  // An id, or `null` for none.
  std::optional<std::string> rule_id(const TreeNode* node, std::string_view key) {
    if (node == nullptr) return std::nullopt;
    if (node->kind == TreeNode::Kind::null) return std::string();
    const auto text = in_.text(*node, key);
    if (!text || !in_.identifier(*text, node->where, "rule id")) return std::nullopt;
    return std::string(*text);
  }

  void load_reported(const TreeNode& node, Expectation& expect) {
    expect.reported.emplace();
    if (node.kind == TreeNode::Kind::sequence && node.items.empty()) return;
    for (const TreeNode& item : in_.list(node, "reported")) {
      const auto id = rule_id(&item, "reported");
      if (id) expect.reported->push_back(*id);
    }
  }

  ValueReader& in_;
};

}  // namespace

Expectation load_expectation(const TreeNode& node, ValueReader& in) {
  return ExpectationLoader(in).load(node);
}

}  // namespace ssmgate::tools
