// A policy file as the policy tools read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/system/result.hpp>

#include "ssmgate/rules/policy.hpp"

namespace ssmgate::commands {

// The exit status of a policy tool that a file, or where its output goes, kept from its work.
inline constexpr int kUnreadable = 2;

// The bytes of the file, one more than a policy may have at most; nothing (and one line on standard
// error) when it cannot be read.
[[nodiscard]] std::optional<std::string> read_policy_file(const std::string& path);

// The same without a word on standard error.
[[nodiscard]] boost::system::result<std::string> read_bytes(const std::string& path);

// The same for another file of the policy tools; `hint` says what to name.
[[nodiscard]] std::optional<std::string> read_text_file(const std::string& path,
                                                        std::string_view hint);

// The policy of the file; null, and every fault on standard error, when there is none.
[[nodiscard]] std::shared_ptr<const Policy> open_policy(const std::string& path);

// `FILE:LINE:COLUMN: error|warning: …` on standard error.
void print_diagnostics(const std::string& path, const Diagnostics& diagnostics);

// What a file of the policy tools may be.
enum class FileKind : std::uint8_t { policy, policy_test, configuration, iam };

// One line on standard error where `text`, which is not the `wanted` kind, looks like another: what
// reads that.
void say_other_kind(const std::string& path, std::string_view text, FileKind wanted);

}  // namespace ssmgate::commands
