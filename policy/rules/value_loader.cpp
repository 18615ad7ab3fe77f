// The criteria whose values have forms of their own: hosts, ports, `parameters` and `hours`.
#include <array>

#include "rules/criteria_loader.hpp"
#include "rules/glob_language.hpp"
#include "text/utf8.hpp"

namespace ssmgate {
namespace {

struct OwnKey {
  std::string_view parameter, key;
};
constexpr std::array kOwnKeys = {OwnKey{"host", "hosts"}, OwnKey{"portNumber", "ports"},
                                 OwnKey{"command", "commands"}};
constexpr std::array<std::string_view, 3> kTypedForms = {"host", "port", "regex"};
constexpr std::array<std::string_view, 4> kHoursKeys = {"days", "from", "to", "zone"};

constexpr std::string_view kLocalPort = "localPortNumber";

// LIMIT: of the API's model.
constexpr std::size_t kMaxParameterName = 255;

Globs load_value_globs(const TreeNode& node, std::string_view name, ValueReader& in) {
  Globs globs;
  for (const TreeNode& entry : in.list(node, name)) {
    const auto text = in.text(entry, name);
    if (!text) continue;
    const bool port = name == kLocalPort;
    if (!can_match_value(*text)) {
      in.error(entry.where, in_backticks(*text) + " can match nothing; " + std::string(kValueForm));
    } else if (port && !can_match_local_port(*text)) {
      in.error(entry.where,
               in_backticks(*text) + " can match no port; write 0 to 65535 without leading zeros");
    }
    globs.emplace_back(*text);
  }
  return globs;
}

// `{host: […]}`, `{port: […]}` or `{regex: "…"}`.
ValueTest load_typed(const TreeNode& node, std::string_view name, bool denies, ValueReader& in) {
  report_unknown_keys(node, kTypedForms, "a parameter's typed form", in.diagnostics());
  if (node.entries.size() != 1) {
    in.error(node.where,
             "a typed form has one key; write `{host: […]}`, `{port: […]}` or "
             "`{regex: \"…\"}`");
    return Globs{};
  }
  const TreeEntry& form = node.entries.front();
  if (form.key == "host") return load_host_entries(form.value, "host", denies, in);
  if (form.key == "port") {
    return load_port_entries(form.value, "port", name == kLocalPort ? 0 : 1, in);
  }
  if (form.key == "regex") return in.regex(form.value, "regex");
  return Globs{};
}

ValueTest load_test(const TreeNode& node, std::string_view name, bool denies, ValueReader& in) {
  if (node.kind == TreeNode::Kind::mapping) return load_typed(node, name, denies, in);
  if (node.kind == TreeNode::Kind::string && node.scalar == "any") return AnyValue{};
  return load_value_globs(node, name, in);
}

std::string port_fault(std::string_view text, std::uint16_t least) {
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos) {
    const std::string turned =
        std::string(text.substr(dash + 1)) + '-' + std::string(text.substr(0, dash));
    if (parse_port_range(turned, least)) {
      return in_backticks(text) + " runs backwards and can match nothing; write " +
             in_backticks(turned);
    }
  }
  return in_backticks(text) + " is no port; write " + std::to_string(least) +
         " to 65535 without leading zeros, `LOW-HIGH` or `any`";
}

std::optional<std::chrono::minutes> load_clock(const TreeNode& node, std::string_view key,
                                               ValueReader& in) {
  const auto text = in.text(node, key);
  if (!text) return std::nullopt;
  const auto parsed = parse_clock(*text, key == "to");
  if (parsed) return *parsed;
  in.error(node.where, "`" + std::string(key) + "`: " + parsed.error());
  return std::nullopt;
}

std::uint8_t load_days(const TreeNode& node, ValueReader& in) {
  unsigned days = 0;
  for (const TreeNode& entry : in.list(node, "days")) {
    const auto text = in.text(entry, "days");
    if (!text) continue;
    const auto parsed = parse_days(*text);
    if (parsed) {
      days |= *parsed;
    } else {
      in.error(entry.where, parsed.error());
    }
  }
  return static_cast<std::uint8_t>(days);
}

std::shared_ptr<const Zone> load_zone(const TreeNode& node, ValueReader& in) {
  const auto text = in.text(node, "zone");
  if (!text) return nullptr;
  const auto found = find_zone(*text);
  if (found) return *found;
  in.error(node.where, found.error());
  return nullptr;
}

std::string hours_text(const TreeNode& node) {
  std::string days;
  if (const TreeNode* said = node.find("days")) {
    days = said->scalar;
    for (const TreeNode& day : said->items) days += (days.empty() ? "" : ",") + day.scalar;
    days += ' ';
  }
  return days + node.find("from")->scalar + '-' + node.find("to")->scalar + ' ' +
         node.find("zone")->scalar;
}

bool has_hours_keys(const TreeNode& node, ValueReader& in) {
  bool complete = true;
  for (const std::string_view key : {"from", "to", "zone"}) {
    if (node.find(key) != nullptr) continue;
    in.error(node.where, "`hours` needs `" + std::string(key) +
                             "`; write {days: mon-fri, from: \"09:00\", to: \"18:00\", zone: "
                             "Asia/Tokyo}");
    complete = false;
  }
  return complete;
}

// True when the entry matches the node itself and nothing else, and an allow rule leaves that out
// of wildcards and blocks. Below `::/96` every other address embeds an IPv4 one, and is that one.
bool grants_nothing(const HostPattern& pattern) {
  if (const auto* name = std::get_if<HostPattern::Name>(&pattern.form())) {
    return !name->literal && name->labels.back() == "localhost" &&
           !pattern.grants(*parse_host("x.localhost"));
  }
  const auto* cidr = std::get_if<Cidr>(&pattern.form());
  const Host itself = *parse_host("::1");
  return cidr != nullptr && cidr->prefix_length() >= 96 && pattern.matches(itself) &&
         !pattern.grants(itself);
}

}  // namespace

std::vector<HostEntry> load_host_entries(const TreeNode& node, std::string_view key, bool denies,
                                         ValueReader& in) {
  std::vector<HostEntry> hosts;
  for (const TreeNode& entry : in.list(node, key)) {
    const auto text = in.text(entry, key);
    if (!text) continue;
    auto pattern = parse_host_pattern(*text);
    if (!pattern) {
      in.error(entry.where, pattern.error());
    } else if (!denies && grants_nothing(*pattern)) {
      in.error(entry.where, in_backticks(*text) +
                                " can match nothing: it holds only the node itself, which an allow "
                                "rule must name; write the host itself, `*.localhost` or `::1`");
    } else {
      hosts.push_back({std::move(*pattern), std::string(*text)});
    }
  }
  return hosts;
}

std::vector<PortEntry> load_port_entries(const TreeNode& node, std::string_view key,
                                         std::uint16_t least, ValueReader& in) {
  std::vector<PortEntry> ports;
  for (const TreeNode& entry : in.list(node, key)) {
    const bool number =
        entry.kind == TreeNode::Kind::integer || entry.kind == TreeNode::Kind::floating;
    if (!number && !in.text(entry, key)) continue;
    if (entry.scalar == "any") {
      ports.push_back({{least, 65535}, entry.scalar});
    } else if (const auto range = parse_port_range(entry.scalar, least)) {
      ports.push_back({*range, entry.scalar});
    } else {
      in.error(entry.where, port_fault(entry.scalar, least));
    }
  }
  return ports;
}

void load_parameters(const TreeNode& node, ValueReader& in, Rule& rule) {
  if (!in.mapping(node, "parameters")) return;
  if (node.entries.empty()) {
    in.error(node.where, "`parameters` is empty; name a parameter, or remove the key");
  }
  for (const TreeEntry& entry : node.entries) {
    bool own = false;
    for (const OwnKey& known : kOwnKeys) {
      if (entry.key != known.parameter) continue;
      own = true;
      in.error(entry.where, "`" + entry.key + "` has a key of its own; write `" +
                                std::string(known.key) + "` in the rule");
    }
    if (entry.key.empty() || count_code_points(entry.key) > kMaxParameterName ||
        entry.key.find('\0') != std::string::npos) {
      in.error(entry.where, in_backticks(entry.key) +
                                " can be no parameter's name; write 1 to 255 characters, no NUL");
    }
    if (!own)
      rule.parameters.push_back({entry.key, load_test(entry.value, entry.key, rule.denies, in)});
  }
}

void load_hours(const TreeNode& node, ValueReader& in, Rule& rule) {
  if (!in.mapping(node, "hours")) return;
  report_unknown_keys(node, kHoursKeys, "`hours`", in.diagnostics());
  Hours hours;
  if (const TreeNode* days = node.find("days")) hours.days = load_days(*days, in);
  const TreeNode* from = node.find("from");
  const TreeNode* to = node.find("to");
  const auto start = from != nullptr ? load_clock(*from, "from", in) : std::nullopt;
  const auto end = to != nullptr ? load_clock(*to, "to", in) : std::nullopt;
  if (start && end && *start == *end) {
    in.error(to->where,
             "`from` and `to` are the same; for the whole day write from \"00:00\" to "
             "\"24:00\"");
  }
  if (const TreeNode* zone = node.find("zone")) {
    hours.zone = load_zone(*zone, in);
    hours.zone_name = zone->scalar;
  }
  if (!has_hours_keys(node, in) || !start || !end || hours.zone == nullptr) return;
  hours.from = *start;
  hours.to = *end;
  hours.text = hours_text(node);
  rule.hours = std::move(hours);
}

}  // namespace ssmgate
