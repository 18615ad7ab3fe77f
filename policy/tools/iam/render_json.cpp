// Statements as the JSON of an IAM policy.
#include <algorithm>

#include "tools/iam/export.hpp"
#include "tools/render.hpp"

namespace ssmgate::tools::iam {
namespace {

using Texts = std::vector<std::string>;

std::string text(const std::string& value) {
  std::string out;
  append_json_string(out, value);
  return out;
}

std::string list(const Texts& values, const std::string& indent) {
  if (values.size() == 1) return text(values.front());
  std::string out = "[";
  for (const std::string& value : values) {
    out += (out.size() > 1 ? ",\n  " : "\n  ") + indent + text(value);
  }
  return out + '\n' + indent + ']';
}

// One operator holds all keys that use it.
std::string conditions(const std::vector<OutCondition>& all, const std::string& indent) {
  std::string out = "{";
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool begins = i == 0 || all[i - 1].op != all[i].op;
    if (begins) out += (i == 0 ? "\n  " : "},\n  ") + indent + text(all[i].op) + ": {";
    out += (begins ? "" : ", ") + text(all[i].key) + ": " + list(all[i].values, indent + "  ");
  }
  return out + "}\n" + indent + '}';
}

}  // namespace

std::string render_statements(const std::vector<OutStatement>& statements) {
  const std::string indent(6, ' ');
  std::string out = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n";
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const OutStatement& s = statements[i];
    out += "    {\n" + indent + "\"Sid\": " + text(s.sid) + ",\n";
    out += indent + "\"Effect\": " + (s.allows ? "\"Allow\"" : "\"Deny\"") + ",\n";
    out += indent + "\"Action\": " + list(s.actions, indent) + ",\n";
    out += indent + "\"Resource\": " + list(s.resources, indent);
    if (!s.conditions.empty()) {
      out += ",\n" + indent + "\"Condition\": " + conditions(s.conditions, indent);
    }
    out += std::string("\n    }") + (i + 1 < statements.size() ? ",\n" : "\n");
  }
  return out + "  ]\n}\n";
}

std::size_t counted_size(const std::string& json) {
  return static_cast<std::size_t>(std::count_if(
      json.begin(), json.end(), [](char c) { return c != ' ' && c != '\n' && c != '\t'; }));
}

}  // namespace ssmgate::tools::iam
