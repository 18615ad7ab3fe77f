// StartSession's body: the shape that the API's model gives it, then what each part says.
//
// Every fault is noted, and the one that stands first in docs/policy.md is reported: which of them
// is found first must not depend on the order in which a client sends its members.
#include "ssmgate/request/start_session.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "names/ascii.hpp"
#include "request/json_body.hpp"
#include "request/printable.hpp"
#include "ssmgate/names/port.hpp"

namespace ssmgate {
namespace {

using boost::system::result;
using Kind = JsonNode::Kind;

// LIMIT: all from the API's model (StartSessionRequest), in code points.
constexpr std::size_t kMaxTarget = 400;
constexpr std::size_t kMaxReason = 256;
constexpr std::size_t kMinDocument = 3;
constexpr std::size_t kMaxDocument = 128;
constexpr std::size_t kMaxParameterName = 255;
constexpr std::size_t kMaxValue = 65535;

// Keeps the fault with the least code; of equals, the first that was found.
class Faults {
 public:
  template <class Detail>
  void note(Code code, Detail&& detail) {
    if (!first_ || code < first_->code) first_ = Malformed{code, detail()};
  }
  [[nodiscard]] bool any() const noexcept { return first_.has_value(); }
  [[nodiscard]] Malformed take() { return *std::move(first_); }

 private:
  std::optional<Malformed> first_;
};

// The members as they were sent, once their JSON types are right.
struct Members {
  std::optional<std::string_view> target, document, reason;
  struct RawParameter {
    std::string_view name;
    std::vector<std::string_view> values;
  };
  std::vector<RawParameter> parameters;
};

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

std::string parameter_is(std::string_view name, std::string_view what) {
  return "parameter " + quote_excerpt(name) + " " + std::string(what);
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

bool takes(const CatalogueEntry& entry, std::string_view parameter) noexcept {
  return (parameter == "host" && entry.takes_host) ||
         (parameter == "portNumber" && entry.takes_port) ||
         (parameter == "localPortNumber" && entry.takes_local_port) ||
         (parameter == "command" && entry.takes_command);
}

// What each parameter says, into `session`. INVARIANT: the model's lengths hold.
class ParameterReader {
 public:
  // `entry`: the document in the catalogue; null: it is not there, or it is malformed.
  ParameterReader(const CatalogueEntry* entry, StartSession& session, Faults& faults)
      : entry_(entry), session_(session), faults_(faults) {}

  void read(const Members::RawParameter& parameter) {
    check(parameter);
    if (!parameter.values.empty()) read_known(parameter.name, parameter.values.front());
    Parameter& kept = session_.parameters.emplace_back();
    kept.name = parameter.name;
    kept.values.assign(parameter.values.begin(), parameter.values.end());
  }

 private:
  static bool wants_one_value(std::string_view name) noexcept {
    return name == "host" || name == "portNumber" || name == "localPortNumber" || name == "command";
  }

  void check(const Members::RawParameter& parameter) {
    const bool one = wants_one_value(parameter.name);
    if (parameter.values.empty() || (one && parameter.values.size() != 1)) {
      faults_.note(Code::value_count, [&] {
        return parameter_is(parameter.name, one ? "must have exactly one value, not " +
                                                      std::to_string(parameter.values.size())
                                                : "must have at least one value");
      });
    }
    if (entry_ != nullptr && !takes(*entry_, parameter.name)) {
      faults_.note(Code::unknown_parameter, [&] {
        return parameter_is(parameter.name, "is not taken by `" + std::string(entry_->name) +
                                                "`: leave it out (case counts)");
      });
    }
    for (const std::string_view value : parameter.values) {
      if (value.find("{{") == std::string_view::npos) continue;
      faults_.note(Code::parameter_reference, [&] {
        return parameter_is(parameter.name,
                            "holds `{{`, which the node would resolve from Parameter Store: send"
                            " the value itself; if it is meant for another template language, have"
                            " it written without `{{`");
      });
    }
  }

  void read_known(std::string_view name, std::string_view value) {
    if (name == "host") return read_host(value);
    if (name == "portNumber") {
      session_.port = parse_port(value);
      return check_port(name, value, session_.port.has_value(), "1");
    }
    if (name == "localPortNumber") {
      session_.local_port = parse_local_port(value);
      return check_port(name, value, session_.local_port.has_value(), "0");
    }
    if (name == "command") session_.command = value;
  }

  void read_host(std::string_view value) {
    auto host = parse_host(value);
    if (host) {
      session_.host = *std::move(host);
      return;
    }
    faults_.note(Code::host, [&] {
      return "`host` " + quote_excerpt(value) + " " + std::string(describe(host.error())) +
             ": write a host name, a dotted-quad IPv4 or an IPv6 address";
    });
  }

  void check_port(std::string_view name, std::string_view value, bool good, std::string_view low) {
    if (good) return;
    faults_.note(Code::port, [&] {
      return "`" + std::string(name) + "` " + quote_excerpt(value) + " must be a number from " +
             std::string(low) + " to 65535, without sign, blank or leading zero";
    });
  }

  const CatalogueEntry* entry_;
  StartSession& session_;
  Faults& faults_;
};

const CatalogueEntry* find_entry(const std::optional<std::string_view>& sent,
                                 const std::optional<Document>& document,
                                 std::string_view default_document) noexcept {
  if (!sent) return find_catalogued(default_document);
  const bool aws_owned = document && document->owner() == Document::Owner::aws;
  return aws_owned ? find_catalogued(document->name()) : nullptr;
}

std::optional<Document> read_document(const Members& members, const Place& place, Faults& faults) {
  if (!members.document) return std::nullopt;
  const auto document = parse_document(*members.document, place);
  if (document) return *document;
  faults.note(Code::document, [&] {
    return "`DocumentName` " + quote_excerpt(*members.document) + " " +
           std::string(describe(document.error()));
  });
  return std::nullopt;
}

result<StartSession, Malformed> read_session(const Members& members,
                                             std::string_view default_document, const Place& place,
                                             Faults& faults) {
  // A target of the right form stands in until all faults are known: only a parser makes one.
  static const Target kNoTarget = *parse_target("i-00000000");
  const auto target = parse_target(*members.target);
  if (!target) {
    faults.note(Code::target, [&] {
      return "`Target` " + quote_excerpt(*members.target) +
             " is none: write `i-...`, `mi-...` or `ecs:CLUSTER_TASK_RUNTIME`";
    });
  }
  StartSession session{.target = target.value_or(kNoTarget),
                       .document = read_document(members, place, faults),
                       .reason = {},
                       .parameters = {},
                       .host = {},
                       .port = {},
                       .local_port = {},
                       .command = {}};
  if (members.reason) session.reason = *members.reason;
  const CatalogueEntry* entry = find_entry(members.document, session.document, default_document);
  session.parameters.reserve(members.parameters.size());
  ParameterReader reader(entry, session, faults);
  for (const auto& parameter : members.parameters) reader.read(parameter);
  if (faults.any()) return faults.take();
  return session;
}

}  // namespace

result<StartSession, Malformed> decode_start_session(std::string_view body,
                                                     std::string_view default_document,
                                                     const Place& place) {
  if (body.size() > kMaxStartSessionBody) {
    return Malformed{Code::too_large, "a StartSession body may have 256 KiB, not " +
                                          std::to_string(body.size()) + " bytes"};
  }
  const auto json = read_json_body(body);
  if (!json) {
    return Malformed{Code::json, "the body is not one JSON object in UTF-8: " + json.error()};
  }
  if (const auto key = json->duplicate_key()) {
    return Malformed{Code::duplicate_key,
                     "the key " + quote_excerpt(*key) + " stands twice in one object"};
  }
  Faults faults;
  const Members members = ShapeReader(json->nodes(), faults).read();
  if (faults.any()) return faults.take();
  check_model(members, faults);
  if (faults.any()) return faults.take();
  return read_session(members, default_document, place, faults);
}

}  // namespace ssmgate
