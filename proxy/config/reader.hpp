// Reads typed values out of the positioned tree; every fault becomes a diagnostic at its place.
#pragma once

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "ssmgate/text/fields.hpp"
#include "ssmgate/text/tree.hpp"

namespace ssmgate::config {

// The keys, or the words, that may stand in one place.
using Keys = std::initializer_list<std::string_view>;
[[nodiscard]] inline std::span<const std::string_view> span_of(const Keys& keys) {
  return {keys.begin(), keys.size()};
}

class Reader {
 public:
  Reader(std::filesystem::path folder, Diagnostics& diagnostics)
      : folder_(std::move(folder)), diagnostics_(diagnostics) {}

  void error(const TreeNode& at, std::string text) const;

  // True when `node` is a mapping whose keys are all in `known` and none in `unsupported`; each
  // key that is not is reported. `what` names it: "`upstream`".
  bool mapping(const TreeNode& node, std::string_view what, std::span<const std::string_view> known,
               std::span<const std::string_view> unsupported = {}) const;

  // The text of a scalar that is text; numbers and the like must be quoted.
  std::optional<std::string> text(const TreeNode& node, std::string_view what) const;
  std::optional<bool> boolean(const TreeNode& node, std::string_view what) const;
  std::optional<std::uint32_t> count(const TreeNode& node, std::string_view what) const;
  std::optional<std::filesystem::path> path(const TreeNode& node, std::string_view what) const;
  // What the written path is from the configuration's folder.
  [[nodiscard]] std::filesystem::path resolve(std::string_view written) const;
  // One of `words`, as its index.
  std::optional<std::size_t> word(const TreeNode& node, std::string_view what,
                                  std::span<const std::string_view> words) const;

  void duration(const TreeNode* node, std::string_view what,
                std::chrono::milliseconds& value) const;

  // Calls `each` for every entry of a list; a bare value is a list of one.
  void list(const TreeNode& node, std::string_view what,
            const std::function<void(const TreeNode&)>& each) const;

 private:
  std::filesystem::path folder_;
  Diagnostics& diagnostics_;
};

}  // namespace ssmgate::config
