// Reading a mapping strictly: every key is known, of the right type, and named at most once.
// Shared by the policy loader and the configuration loader, so that both speak alike.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "ssmgate/text/diagnostic.hpp"
#include "ssmgate/text/tree.hpp"

namespace ssmgate {

// The one of `known` that a person who typed `word` most likely meant, or "" when none is near
// (edit distance at most `most`, and less than half of the word).
[[nodiscard]] std::string_view find_nearest_word(std::string_view word,
                                                 std::span<const std::string_view> known,
                                                 std::size_t most = 2);

// Reports every key of `mapping` that is not in `known`, with the nearest known one as a hint.
// `what` names the mapping in the message, e.g. "an allow rule".
void report_unknown_keys(const TreeNode& mapping, std::span<const std::string_view> known,
                         std::string_view what, Diagnostics& diagnostics);

// "a list", "text", "a number" …: the kind of a node in the words of a message.
[[nodiscard]] std::string_view kind_name(TreeNode::Kind kind) noexcept;

// From the 10,001st on nothing more is reported.
void report_error(Diagnostics& diagnostics, Position where, std::string text);
void report_warning(Diagnostics& diagnostics, Position where, std::string text);
// True when nothing more will be reported, so that looking on is idle.
[[nodiscard]] bool is_full(const Diagnostics& diagnostics) noexcept;

}  // namespace ssmgate
