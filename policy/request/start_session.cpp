// StartSession's body: what each part of it says, once its shape is the model's.
//
// Every fault is noted, and the one that stands first in docs/policy.md is reported: which of them
// is found first must not depend on the order in which a client sends its members.
#include "ssmgate/request/start_session.hpp"

#include <utility>

#include "request/json_body.hpp"
#include "request/printable.hpp"
#include "request/session_shape.hpp"
#include "ssmgate/names/port.hpp"

namespace ssmgate {
namespace {

using boost::system::result;

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
  auto document = parse_document(*members.document, place);
  if (document) return *std::move(document);
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
  auto target = parse_target(*members.target);
  if (!target) {
    faults.note(Code::target, [&] {
      return "`Target` " + quote_excerpt(*members.target) +
             " is none: write `i-...`, `mi-...` or `ecs:CLUSTER_TASK_RUNTIME`";
    });
  }
  StartSession session{.target = target ? *std::move(target) : kNoTarget,
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
  const Members members = read_members(*json, faults);
  if (faults.any()) return faults.take();
  return read_session(members, default_document, place, faults);
}

}  // namespace ssmgate
