// A line of `ssmgate eval --batch`: a JSON object with a body and what is said about its caller.
#include <algorithm>
#include <array>

#include "ssmgate/text/fields.hpp"
#include "ssmgate/tools/eval.hpp"
#include "text/utf8.hpp"
#include "tools/base64.hpp"
#include "tools/json_text.hpp"
#include "tools/render.hpp"

namespace ssmgate::tools {
namespace {

constexpr std::array<std::string_view, 10> kMembers = {
    "body",   "body_base64", "user",    "unix_user", "unix_groups",
    "client", "access_key",  "account", "region",    "at",
};

struct TextMember {
  std::string_view name;
  std::optional<std::string> EvalCaller::*field;
};
constexpr std::array kTextMembers = {
    TextMember{"user", &EvalCaller::user},       TextMember{"unix_user", &EvalCaller::unix_user},
    TextMember{"client", &EvalCaller::client},   TextMember{"access_key", &EvalCaller::access_key},
    TextMember{"account", &EvalCaller::account}, TextMember{"region", &EvalCaller::region},
    TextMember{"at", &EvalCaller::at},
};

// One line, as far as it has been read. Every function returns what is wrong; empty: nothing.
class Line {
 public:
  std::string read(std::string_view text) {
    const auto members = split_json_object(text);
    if (!members || !is_utf8(text)) return "the line is no JSON object in UTF-8";
    for (auto member = members->begin(); member != members->end(); ++member) {
      const bool twice = std::any_of(members->begin(), member, [&](const JsonMember& earlier) {
        return earlier.name == member->name;
      });
      if (twice) return "the member " + in_backticks(member->name) + " stands twice";
      std::string fault = read_member(*member);
      if (!fault.empty()) return fault;
    }
    if (bodies_ != 1) return "a line needs one of `body` and `body_base64`";
    return {};
  }

  [[nodiscard]] const EvalCaller& caller() const noexcept { return caller_; }
  [[nodiscard]] std::string_view body() const noexcept { return raw_.empty() ? body_ : raw_; }

 private:
  static bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
      const auto next = decode_code_point(text);
      if (!next) return false;
      text.remove_prefix(next->size);
    }
    return true;
  }

  std::string read_member(const JsonMember& member) {
    if (member.name == "body" || member.name == "body_base64") return read_body(member);
    if (member.value == "null") return check_known(member.name);
    if (member.name == "unix_groups") return read_groups(member.value);
    for (const TextMember& known : kTextMembers) {
      if (known.name != member.name) continue;
      caller_.*known.field = unescape_json_string(member.value);
      return caller_.*known.field ? std::string() : not_text(member.name);
    }
    return check_known(member.name);
  }

  static std::string not_text(std::string_view name) {
    return "the member `" + std::string(name) + "` must be a string";
  }

  static std::string check_known(std::string_view name) {
    if (std::find(kMembers.begin(), kMembers.end(), name) != kMembers.end()) return {};
    const std::string_view nearest = find_nearest_word(name, kMembers);
    return "unknown member " + in_backticks(name) +
           (nearest.empty() ? std::string() : "; did you mean `" + std::string(nearest) + "`?");
  }

  std::string read_body(const JsonMember& member) {
    ++bodies_;
    if (member.name == "body" && member.value.starts_with('{')) {
      raw_ = member.value;
      return {};
    }
    auto text = unescape_json_string(member.value);
    if (!text) {
      return member.name == "body" ? "`body` must be a string (the raw text) or an object"
                                   : not_text(member.name);
    }
    if (member.name == "body_base64") text = decode_base64(*text);
    if (!text) return "`body_base64` is no base64 (RFC 4648, with padding)";
    body_ = std::move(*text);
    return {};
  }

  std::string read_groups(std::string_view value) {
    const auto elements = split_json_array(value);
    if (!elements) return "the member `unix_groups` must be a list of strings";
    for (const std::string_view element : *elements) {
      auto group = unescape_json_string(element);
      if (!group) return "the member `unix_groups` must be a list of strings";
      caller_.unix_groups.push_back(std::move(*group));
    }
    return {};
  }

  EvalCaller caller_;
  std::string_view raw_;  // a body that was an object, as written
  std::string body_;
  int bodies_ = 0;
};

}  // namespace

bool evaluate_line(const Policy& policy, std::string_view text, Time now, std::string& out) {
  Line line;
  std::string fault = line.read(text);
  if (fault.empty()) {
    const auto judged = evaluate(policy, line.caller(), line.body(), now);
    if (judged) {
      render_finding_json(*judged, out);
      out += '\n';
      return true;
    }
    fault = judged.error();
  }
  out += "{\"error\": ";
  append_json_string(out, fault);
  out += "}\n";
  return false;
}

}  // namespace ssmgate::tools
