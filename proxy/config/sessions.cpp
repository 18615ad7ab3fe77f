// `sessions`: which data channels are let through, for how long, and how many a user may have.
#include <array>

#include "config/sections.hpp"

namespace ssmgate::config {
namespace {

// The two words of a key, in the order of its enum.
template <class Choice>
void load_choice(const TreeNode& node, std::string_view key, const Reader& read,
                 std::array<std::string_view, 2> words, Choice& value) {
  const auto* written = node.find(key);
  if (written == nullptr) return;
  const auto index = read.word(*written, "`" + std::string(key) + "`", words);
  if (index) value = static_cast<Choice>(*index);
}

}  // namespace

void load_sessions(const TreeNode& node, const Reader& read, Sessions& value) {
  static constexpr std::array<std::string_view, 7> kKnown = {
      "require_decision", "resume",        "max_duration", "max_per_user",
      "on_policy_change", "attach_window", "without_start"};
  if (!read.mapping(node, "`sessions`", kKnown)) return;
  if (const auto* written = node.find("require_decision")) {
    value.require_decision =
        read.boolean(*written, "`require_decision`").value_or(value.require_decision);
  }
  if (const auto* written = node.find("max_per_user")) {
    value.max_per_user = read.count(*written, "`max_per_user`").value_or(value.max_per_user);
  }
  load_choice(node, "resume", read, {"own", "any"}, value.resume);
  load_choice(node, "on_policy_change", read, {"keep", "revoke"}, value.on_policy_change);
  load_choice(node, "without_start", read, {"refuse", "allow"}, value.without_start);
  read.duration(node.find("max_duration"), "`max_duration`", value.max_duration);
  read.duration(node.find("attach_window"), "`attach_window`", value.attach_window);
}

}  // namespace ssmgate::config
