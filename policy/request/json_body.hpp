// JSON so strict that no two readers can differ on it: RFC 8259, valid UTF-8 with neither NUL nor
// lone surrogates, one object, nothing behind it. Duplicate keys are seen at any depth.
//
// Owns: the syntax. Does not own: what the members mean.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

namespace ssmgate {

// One value, or one key, of a body. The nodes stand in the order of the text; an object's children
// are key, value, key, value …, each followed by its own.
struct JsonNode {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object, key };

  Kind kind = Kind::null;
  std::uint32_t end = 0;  // index of the first node behind this one and its children
  std::string_view text;  // strings and keys: unescaped
};

// LIMIT: real bodies nest three deep. The outermost object is 1.
inline constexpr int kMaxJsonNesting = 16;

class JsonBody {
 public:
  [[nodiscard]] const std::vector<JsonNode>& nodes() const noexcept { return nodes_; }
  // A key that stands twice in one object.
  [[nodiscard]] std::optional<std::string_view> duplicate_key() const noexcept {
    return duplicate_key_;
  }

 private:
  friend class JsonReader;
  std::vector<JsonNode> nodes_;  // the first is the outermost object
  // INVARIANT: never moves; the nodes' texts point into it. No text is longer than its spelling, so
  // the size of the body is enough for all.
  std::unique_ptr<char[]> texts_;
  std::optional<std::string_view> duplicate_key_;
};

// The error says what is wrong, without the body. O(n log n) at worst, for an object of n keys.
[[nodiscard]] boost::system::result<JsonBody, std::string> read_json_body(std::string_view text);

}  // namespace ssmgate
