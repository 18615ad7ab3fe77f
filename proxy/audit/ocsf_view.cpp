#include "audit/ocsf_view.hpp"

#include <algorithm>

#include "audit/json_scan.hpp"

namespace ssmgate::audit {
namespace {

enum Member : std::size_t {
  unmapped,
  metadata,
  api,
  actor,
  source,
  destination,
  cloud,
  resources,
  code,
  duration,
};
constexpr std::array<std::string_view, 10> kMemberNames = {
    "unmapped",     "metadata", "api",       "actor",       "src_endpoint",
    "dst_endpoint", "cloud",    "resources", "status_code", "duration",
};

struct OcsfPlace {
  Member member;
  std::array<std::string_view, 2> path;  // below it; empty: no further
  Field field;
};
constexpr OcsfPlace kPlaces[] = {
    {metadata, {"correlation_uid", ""}, Field::request_id},
    {api, {"request", "uid"}, Field::aws_request_id},
    {api, {"response", "code"}, Field::status},
    {actor, {"user", "name"}, Field::user},
    {actor, {"user", "credential_uid"}, Field::access_key},
    {source, {"ip", ""}, Field::client},
    {destination, {"hostname", ""}, Field::endpoint},
    {cloud, {"region", ""}, Field::region},
    {cloud, {"account", "uid"}, Field::account},
    {code, {"", ""}, Field::code},
    {duration, {"", ""}, Field::duration_ms},
};

std::string_view member_of(std::string_view object, std::string_view name) {
  std::string_view found;
  const bool whole = scan_json_object(object, [&](std::string_view key, std::string_view value) {
    if (key == name) found = value;
  });
  return whole ? found : std::string_view();
}

std::optional<Field> field_named(std::string_view key) {
  const auto all = fields();
  const auto found = std::find_if(all.begin(), all.end(), [&](Field f) { return name(f) == key; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

std::optional<Field> field_of_resource(std::string_view type) {
  if (type == "\"node\"") return Field::target;
  if (type == "\"document\"") return Field::document;
  if (type == "\"session\"") return Field::session_id;
  return std::nullopt;
}

// The objects of a JSON array, which is known to be one.
template <class Take>
void each_object(std::string_view array, const Take& take) {
  JsonScanner in(array);
  if (!in.take('[')) return;
  in.blanks();
  while (!in.done()) {
    const char* const begin = in.at();
    if (!in.value(1)) return;
    take(std::string_view(begin, static_cast<std::size_t>(in.at() - begin)));
    in.blanks();
    if (!in.take(',')) return;
    in.blanks();
  }
}

}  // namespace

bool OcsfMembers::take(std::string_view key, std::string_view value) {
  const auto found = std::find(kMemberNames.begin(), kMemberNames.end(), key);
  if (found == kMemberNames.end()) return true;
  std::string_view& kept = values_[static_cast<std::size_t>(found - kMemberNames.begin())];
  if (!kept.empty()) return false;
  kept = value;
  return true;
}

bool OcsfMembers::spread(std::array<std::string_view, kFields>& raw) const {
  bool once = true;
  const auto put = [&](Field field, std::string_view value) {
    std::string_view& place = raw[static_cast<std::size_t>(field)];
    if (value.empty()) return;
    // Beside the record's own `time`, OCSF's in milliseconds.
    once = once && (place.empty() || field == Field::time);
    place = value;
  };
  const bool whole =
      scan_json_object(values_[unmapped], [&](std::string_view key, std::string_view value) {
        if (const auto field = field_named(key)) put(*field, value);
      });
  for (const OcsfPlace& place : kPlaces) {
    std::string_view value = values_[place.member];
    for (const std::string_view step : place.path) {
      if (!step.empty() && !value.empty()) value = member_of(value, step);
    }
    put(place.field, value);
  }
  each_object(values_[resources], [&](std::string_view resource) {
    if (const auto field = field_of_resource(member_of(resource, "type"))) {
      put(*field, member_of(resource, "uid"));
    }
  });
  return whole && once;
}

}  // namespace ssmgate::audit
