#include "request/session_shape.hpp"

#include <algorithm>
#include <span>

#include "names/ascii.hpp"
#include "request/printable.hpp"

namespace ssmgate {
namespace {

using Kind = JsonNode::Kind;

// LIMIT: all from the API's model (StartSessionRequest), in code points.
constexpr std::size_t kMaxTarget = 400;
constexpr std::size_t kMaxReason = 256;
constexpr std::size_t kMinDocument = 3;
constexpr std::size_t kMaxDocument = 128;
constexpr std::size_t kMaxParameterName = 255;
constexpr std::size_t kMaxValue = 65535;

// No document of the catalogue takes more.
constexpr std::size_t kKnownParameters = 3;

std::size_t count_code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

bool has_length(std::string_view text, std::size_t low, std::size_t high) noexcept {
  // Most texts are short enough in bytes to need no count.
  if (text.size() < low) return false;
  if (text.size() <= high && low <= 1) return true;
  const std::size_t length = count_code_points(text);
  return low <= length && length <= high;
}

// Goes through the members of the object, or the elements of the array, at `index`.
template <class Visit>
void for_each_child(std::span<const JsonNode> nodes, std::uint32_t index, Visit&& visit) {
  const std::uint32_t step = nodes[index].kind == Kind::object ? 1 : 0;
  for (std::uint32_t at = index + 1; at < nodes[index].end; at = nodes[at + step].end) visit(at);
}

class ShapeReader {
 public:
  ShapeReader(std::span<const JsonNode> nodes, Faults& faults) : nodes_(nodes), faults_(faults) {}

  Members read() {
    for_each_child(nodes_, 0, [this](std::uint32_t at) { read_member(nodes_[at].text, at + 1); });
    if (!members_.target) {
      wrong_type([] { return std::string("`Target` is missing: say which node to open"); });
    }
    return std::move(members_);
  }

 private:
  template <class Detail>
  void wrong_type(Detail&& detail) {
    faults_.note(Code::member_type, std::forward<Detail>(detail));
  }

  void read_member(std::string_view name, std::uint32_t at) {
    if (name == "Target") return read_text(name, at, members_.target);
    if (name == "DocumentName") return read_text(name, at, members_.document);
    if (name == "Reason") return read_text(name, at, members_.reason);
    if (name == "Parameters") return read_parameters(at);
    faults_.note(Code::unknown_member, [&] {
      return quote_excerpt(name) +
             " is no member of StartSession: write `Target`, `DocumentName`, `Reason` or"
             " `Parameters`, in this case";
    });
  }

  void read_text(std::string_view name, std::uint32_t at, std::optional<std::string_view>& out) {
    out = nodes_[at].text;
    if (nodes_[at].kind == Kind::string) return;
    wrong_type([&] { return "`" + std::string(name) + "` must be a string"; });
  }

  void read_parameters(std::uint32_t at) {
    if (nodes_[at].kind != Kind::object) {
      return wrong_type(
          [] { return std::string("`Parameters` must be an object of lists of strings"); });
    }
    members_.parameters.reserve(kKnownParameters);
    for_each_child(nodes_, at, [this](std::uint32_t key) { read_parameter(key); });
  }

  void read_parameter(std::uint32_t key) {
    const std::string_view name = nodes_[key].text;
    Members::RawParameter parameter{name, {}};
    bool well_typed = nodes_[key + 1].kind == Kind::array;
    if (well_typed) {
      for_each_child(nodes_, key + 1, [&](std::uint32_t at) {
        well_typed = well_typed && nodes_[at].kind == Kind::string;
        parameter.values.push_back(nodes_[at].text);
      });
    }
    if (!well_typed) {
      wrong_type([&] { return parameter_is(name, "must be a list of strings"); });
    }
    members_.parameters.push_back(std::move(parameter));
  }

  std::span<const JsonNode> nodes_;
  Faults& faults_;
  Members members_;
};

// SOURCE: the API's model: `^.{1,256}$`, whose `.` takes no line terminator.
bool has_line_break(std::string_view text) noexcept {
  return text.find_first_of("\r\n") != std::string_view::npos ||
         text.find("\xC2\x85") != std::string_view::npos ||
         text.find("\xE2\x80\xA8") != std::string_view::npos ||
         text.find("\xE2\x80\xA9") != std::string_view::npos;
}

bool is_modelled_document(std::string_view text) noexcept {
  return kMinDocument <= text.size() && text.size() <= kMaxDocument &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return ascii::is_alnum(c) || c == '_' || c == '-' || c == '.' || c == ':' || c == '/';
         });
}

// Lengths and patterns of the API's model. INVARIANT: the types are right.
void check_model(const Members& members, Faults& faults) {
  const auto wrong = [&](std::string detail) {
    faults.note(Code::member_type, [&] { return std::move(detail); });
  };
  if (!has_length(*members.target, 1, kMaxTarget)) {
    wrong("`Target` must have 1 to 400 characters");
  }
  if (members.document && !is_modelled_document(*members.document)) {
    wrong("`DocumentName` " + quote_excerpt(*members.document) +
          " must be 3 to 128 letters, digits, `_`, `-`, `.`, `:` and `/`");
  }
  if (members.reason &&
      (!has_length(*members.reason, 1, kMaxReason) || has_line_break(*members.reason))) {
    wrong("`Reason` must be one line of 1 to 256 characters");
  }
  for (const auto& parameter : members.parameters) {
    if (!has_length(parameter.name, 1, kMaxParameterName)) {
      wrong("the name of a parameter must have 1 to 255 characters");
    }
    for (const std::string_view value : parameter.values) {
      if (has_length(value, 1, kMaxValue)) continue;
      wrong(parameter_is(parameter.name, "must have values of 1 to 65535 characters"));
    }
  }
}

}  // namespace

std::string parameter_is(std::string_view name, std::string_view what) {
  return "parameter " + quote_excerpt(name) + " " + std::string(what);
}

Members read_members(const JsonBody& body, Faults& faults) {
  Members members = ShapeReader(body.nodes(), faults).read();
  if (!faults.any()) check_model(members, faults);
  return members;
}

}  // namespace ssmgate
