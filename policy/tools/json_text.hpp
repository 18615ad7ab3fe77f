// JSON as text: where each member of an object begins and ends.
//
// Owns: the grammar of JSON, so that a value can be handed on exactly as it was written (a parsed
// and reserialised body would have lost its duplicate keys). Does not own: what members mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssmgate::tools {

struct JsonMember {
  std::string name;        // unescaped
  std::string_view value;  // as written, without the blanks around it
};

// The members of the one object that `text` is; nothing when it is no JSON object. Grammar alone:
// duplicates, lone surrogates and any depth pass. Iterative, linear.
[[nodiscard]] std::optional<std::vector<JsonMember>> split_json_object(std::string_view text);

// The elements of a JSON array as written; nothing when `value`, valid JSON, is none.
[[nodiscard]] std::optional<std::vector<std::string_view>> split_json_array(std::string_view value);

// The text of a JSON string; nothing when `value`, valid JSON, is none. A lone surrogate becomes
// the three bytes that are no UTF-8, so that whoever reads the text next refuses it.
[[nodiscard]] std::optional<std::string> unescape_json_string(std::string_view value);

// True when `text` is a number as JSON writes it.
[[nodiscard]] bool is_json_number(std::string_view text);

}  // namespace ssmgate::tools
