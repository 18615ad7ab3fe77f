#include "rules/rule_keys.hpp"

#include <algorithm>
#include <functional>

#include "ssmgate/names/glob.hpp"

namespace ssmgate {
namespace {

// LIMIT: a criterion with more entries, and a range with more ports, is looked at and not looked
// up.
constexpr std::size_t kMaxEntries = 256;
constexpr int kMaxRange = 16;

// LIMIT: of the text before the first `*` or `?` of a glob as much as this is a key.
constexpr std::size_t kMaxHead = 32;

// Kinds of values; those of one kind are compared with each other.
enum class Kind : std::uint8_t {
  user,
  unix_user,
  unix_group,
  account,
  access_key,
  region,
  target,
  host_name,
  host_label,
  host_block,
  port,
  command,
  client_block,
};

// Tells the beginning of a text from a whole one.
constexpr std::uint64_t kHeadPlace = 1;

Key make_key(Kind kind, std::string_view text, std::uint64_t place = 0) noexcept {
  // SOURCE: the finalizer of SplitMix64.
  std::uint64_t value = std::hash<std::string_view>{}(text);
  value += (static_cast<std::uint64_t>(kind) + 1 + place * 32) * 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

Key block_key(Kind kind, const IpAddress& address, int length) noexcept {
  std::array<char, 17> text{};
  const auto bytes = address.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int kept = std::clamp(length - static_cast<int>(i) * 8, 0, 8);
    const unsigned mask = 0xFFU << (8 - kept) & 0xFFU;
    text[i] = static_cast<char>(bytes[i] & mask);
  }
  text.back() = static_cast<char>(length);
  return make_key(kind, {text.data(), text.size()}, address.is_v4() ? 4 : 6);
}

// Calls `visit(place, label)` for each label, counted from the right.
template <typename Visit>
void each_label(std::string_view name, Visit visit) {
  for (std::uint64_t place = 0;; ++place) {
    const std::size_t dot = name.rfind('.');
    visit(place, dot == std::string_view::npos ? name : name.substr(dot + 1));
    if (dot == std::string_view::npos) return;
    name = name.substr(0, dot);
  }
}

EntryKeys host_keys(const HostPattern::Name& name) {
  EntryKeys keys;
  const std::size_t count = name.labels.size();
  if (name.literal) {
    std::string whole = name.labels.front();
    for (std::size_t i = 1; i < count; ++i) whole.append(".").append(name.labels[i]);
    keys.push_back(make_key(Kind::host_name, whole));
    return keys;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!has_glob(name.labels[i])) {
      keys.push_back(make_key(Kind::host_label, name.labels[i], count - 1 - i));
    }
  }
  return keys;
}

EntryKeys host_keys(const HostPattern& pattern) {
  if (const auto* name = std::get_if<HostPattern::Name>(&pattern.form())) return host_keys(*name);
  const auto* cidr = std::get_if<Cidr>(&pattern.form());
  if (cidr == nullptr) return {};
  return {block_key(Kind::host_block, cidr->base(), cidr->prefix_length())};
}

std::string_view head_of(std::string_view glob) noexcept {
  return glob.substr(0, std::min(glob.find_first_of("*?"), kMaxHead));
}

EntryKeys head_keys(Kind kind, std::string_view head) {
  return head.empty() ? EntryKeys() : EntryKeys{make_key(kind, head, kHeadPlace)};
}

// Gathers entries until one has no key.
class Gatherer {
 public:
  explicit Gatherer(std::vector<EntryKeys>& entries) : entries_(entries) { entries_.clear(); }

  void add(EntryKeys keys) {
    good_ = good_ && !keys.empty() && entries_.size() < kMaxEntries;
    if (good_) entries_.push_back(std::move(keys));
  }
  void add_exact(Kind kind, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      if (!good_) return;
      add({make_key(kind, text)});
    }
  }
  void add_globs(Kind kind, const Globs& globs) {
    for (const std::string& glob : globs) {
      if (!good_) return;
      add(has_glob(glob) ? head_keys(kind, head_of(glob)) : EntryKeys{make_key(kind, glob)});
    }
  }
  void add_ports(const PortRange& range) {
    if (range.high - range.low >= kMaxRange) return add({});
    for (int port = range.low; port <= range.high; ++port) {
      add({make_key(Kind::port, {}, static_cast<std::uint64_t>(port))});
    }
  }
  void finish() {
    if (!good_) entries_.clear();
  }

 private:
  std::vector<EntryKeys>& entries_;
  bool good_ = true;
};

void note_length(const Cidr& cidr, std::vector<std::uint8_t>& v4, std::vector<std::uint8_t>& v6) {
  auto& lengths = cidr.base().is_v4() ? v4 : v6;
  const auto length = static_cast<std::uint8_t>(cidr.prefix_length());
  if (std::find(lengths.begin(), lengths.end(), length) == lengths.end()) {
    lengths.push_back(length);
  }
}

void note_heads(const Globs& globs, std::vector<std::uint8_t>& heads) {
  for (const std::string& glob : globs) {
    const auto length = static_cast<std::uint8_t>(head_of(glob).size());
    if (!has_glob(glob) || std::find(heads.begin(), heads.end(), length) != heads.end()) continue;
    heads.push_back(length);
  }
}

void append_user_keys(const Caller& caller, std::vector<Key>& keys) {
  if (caller.user) keys.push_back(make_key(Kind::user, *caller.user));
  if (!caller.unix_user) return;
  keys.push_back(make_key(Kind::unix_user, *caller.unix_user));
  for (const std::string& group : caller.unix_groups) {
    keys.push_back(make_key(Kind::unix_group, group));
  }
}

void append_block_keys(Kind kind, const IpAddress& address, const std::vector<std::uint8_t>& v4,
                       const std::vector<std::uint8_t>& v6, std::vector<Key>& keys) {
  for (const std::uint8_t length : address.is_v4() ? v4 : v6) {
    keys.push_back(block_key(kind, address, length));
  }
}

void append_host_keys(const Host& host, const KeyKinds& kinds, std::vector<Key>& keys) {
  if (host.is_address()) {
    return append_block_keys(Kind::host_block, host.address(), kinds.host_v4, kinds.host_v6, keys);
  }
  keys.push_back(make_key(Kind::host_name, host.name()));
  if (!kinds.labels) return;
  each_label(host.name(), [&](std::uint64_t place, std::string_view label) {
    keys.push_back(make_key(Kind::host_label, label, place));
  });
}

}  // namespace

void find_entry_keys(Criterion criterion, const Rule& rule, std::vector<EntryKeys>& entries) {
  Gatherer out(entries);
  switch (criterion) {
    case Criterion::users:
      if (rule.users.any) break;
      out.add_exact(Kind::user, rule.users.names);
      out.add_exact(Kind::unix_user, rule.users.unix_users);
      out.add_exact(Kind::unix_group, rule.users.unix_groups);
      break;
    case Criterion::clients:
      for (const ClientEntry& entry : rule.clients) {
        out.add({block_key(Kind::client_block, entry.block.base(), entry.block.prefix_length())});
      }
      break;
    case Criterion::accounts: out.add_exact(Kind::account, rule.accounts); break;
    case Criterion::access_keys: out.add_globs(Kind::access_key, rule.access_keys); break;
    case Criterion::regions: out.add_globs(Kind::region, rule.regions); break;
    case Criterion::targets: out.add_globs(Kind::target, rule.targets); break;
    case Criterion::hosts:
      for (const HostEntry& entry : rule.hosts) out.add(host_keys(entry.pattern));
      break;
    case Criterion::ports:
      for (const PortEntry& entry : rule.ports) out.add_ports(entry.range);
      break;
    case Criterion::commands: out.add_globs(Kind::command, rule.commands); break;
    default: break;
  }
  out.finish();
}

void note_kinds(Criterion criterion, const Rule& rule, KeyKinds& kinds) {
  kinds.criteria |= bit(criterion);
  if (criterion == Criterion::clients) {
    for (const auto& entry : rule.clients) {
      note_length(entry.block, kinds.client_v4, kinds.client_v6);
    }
  }
  if (criterion == Criterion::access_keys) note_heads(rule.access_keys, kinds.heads);
  if (criterion == Criterion::regions) note_heads(rule.regions, kinds.heads);
  if (criterion == Criterion::targets) note_heads(rule.targets, kinds.heads);
  if (criterion == Criterion::commands) note_heads(rule.commands, kinds.heads);
  if (criterion != Criterion::hosts) return;
  for (const HostEntry& entry : rule.hosts) {
    const auto& form = entry.pattern.form();
    const auto* name = std::get_if<HostPattern::Name>(&form);
    kinds.labels = kinds.labels || (name != nullptr && !name->literal);
    if (const auto* cidr = std::get_if<Cidr>(&form)) {
      note_length(*cidr, kinds.host_v4, kinds.host_v6);
    }
  }
}

bool is_passed_over(Criterion criterion, const CatalogueEntry* entry) noexcept {
  if (entry == nullptr) return false;
  if (criterion == Criterion::hosts) return !entry->takes_host;
  if (criterion == Criterion::ports) return !entry->takes_port;
  return criterion == Criterion::commands && !entry->takes_command;
}

void append_request_keys(const Facts& facts, const KeyKinds& kinds, std::vector<Key>& keys) {
  const auto has = [&](Criterion criterion) { return (kinds.criteria & bit(criterion)) != 0; };
  const auto add = [&](Criterion criterion, Kind kind, std::string_view text) {
    if (!has(criterion) || text.empty()) return;
    keys.push_back(make_key(kind, text));
    for (const std::uint8_t length : kinds.heads) {
      if (length > text.size()) continue;
      keys.push_back(make_key(kind, text.substr(0, length), kHeadPlace));
    }
  };
  if (has(Criterion::users)) append_user_keys(facts.caller, keys);
  if (has(Criterion::clients)) {
    append_block_keys(Kind::client_block, facts.client, kinds.client_v4, kinds.client_v6, keys);
  }
  if (has(Criterion::accounts)) keys.push_back(make_key(Kind::account, facts.claims.account));
  add(Criterion::access_keys, Kind::access_key, facts.claims.access_key);
  add(Criterion::regions, Kind::region, facts.claims.region);
  add(Criterion::targets, Kind::target, facts.request.target.text());
  if (has(Criterion::hosts) && facts.host() != nullptr) {
    append_host_keys(*facts.host(), kinds, keys);
  }
  if (has(Criterion::ports) && facts.port()) {
    keys.push_back(make_key(Kind::port, {}, *facts.port()));
  }
  add(Criterion::commands, Kind::command,
      facts.request.command ? std::string_view(*facts.request.command) : std::string_view());
}

void KeyCounts::add(const std::vector<EntryKeys>& entries) {
  const auto first = static_cast<std::ptrdiff_t>(keys_.size());
  for (const EntryKeys& entry : entries) keys_.insert(keys_.end(), entry.begin(), entry.end());
  std::sort(keys_.begin() + first, keys_.end());
  keys_.erase(std::unique(keys_.begin() + first, keys_.end()), keys_.end());
}

void KeyCounts::finish() {
  std::sort(keys_.begin(), keys_.end());
}

std::uint32_t KeyCounts::count(Key key) const noexcept {
  const auto [first, last] = std::equal_range(keys_.begin(), keys_.end(), key);
  return static_cast<std::uint32_t>(last - first);
}

Key KeyCounts::rarest(const EntryKeys& entry) const noexcept {
  return *std::min_element(entry.begin(), entry.end(),
                           [this](Key a, Key b) { return count(a) < count(b); });
}

std::uint32_t KeyCounts::cost(const std::vector<EntryKeys>& entries) const noexcept {
  std::uint32_t worst = 0;
  for (const EntryKeys& entry : entries) worst = std::max(worst, count(rarest(entry)));
  return worst;
}

}  // namespace ssmgate
