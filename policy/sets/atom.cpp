#include "sets/atom.hpp"

#include <algorithm>

#include <re2/re2.h>

#include "rules/document_pattern.hpp"
#include "ssmgate/names/glob.hpp"

namespace ssmgate::sets {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

bool any_glob(const Globs& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_matches(glob, text); });
}

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool users_hold(const UsersCriterion& users, const Model& model) {
  if (users.any && (model.user || model.unix_user)) return true;
  if (model.user && listed(users.names, *model.user)) return true;
  if (!model.unix_user) return false;
  return listed(users.unix_users, *model.unix_user) ||
         std::any_of(model.unix_groups.begin(), model.unix_groups.end(),
                     [&](const auto& group) { return listed(users.unix_groups, group); });
}

bool place_holds(const PlaceAtom& place, const std::optional<std::string>& region) {
  return !region || (glob_matches(place.region, *region) &&
                     glob_matches(place.partition, partition_of_region(*region)));
}

const std::optional<std::string> word_of(const Atom& atom, const Model& model) {
  switch (atom.dimension) {
    case Dimension::region: return model.region;
    case Dimension::target: return model.target;
    case Dimension::name: return model.name;
    case Dimension::document_account: return model.document_account;
    default: return std::nullopt;
  }
}

bool value_holds(const ValueAtom& atom, const std::string& name, const Model& model) {
  const auto found = model.parameters.find(name);
  if (found == model.parameters.end()) return holds_when_absent(atom, name);
  const auto passes = [&](const std::string& value) {
    return value_passes(atom.test, name, atom.denies, value);
  };
  const auto& values = found->second;
  return atom.denies ? std::any_of(values.begin(), values.end(), passes)
                     : std::all_of(values.begin(), values.end(), passes);
}

// Lengths in front, so that no two lists are written alike.
void put(std::string& key, std::string_view text) {
  key.append(std::to_string(text.size())).append(":").append(text);
}

void put(std::string& key, std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  for (const std::string& text : list) put(key, text);
  key += ';';
}

template <class Entries>
std::vector<std::string> texts(const Entries& entries) {
  std::vector<std::string> out;
  out.reserve(entries.size());
  for (const auto& entry : entries) out.push_back(entry.text);
  return out;
}

std::vector<std::string> ranges(const std::vector<PortEntry>& ports) {
  std::vector<std::string> out;
  out.reserve(ports.size());
  for (const PortEntry& port : ports) {
    out.push_back(std::to_string(port.range.low) + '-' + std::to_string(port.range.high));
  }
  return out;
}

void put(std::string& key, const ValueTest& test) {
  key += static_cast<char>('a' + test.index());
  std::visit(Overloaded{[](const AnyValue&) {}, [&](const Globs& globs) { put(key, globs); },
                        [&](const std::vector<HostEntry>& hosts) { put(key, texts(hosts)); },
                        [&](const std::vector<PortEntry>& ports) { put(key, ranges(ports)); },
                        [&](const RegexCriterion& regex) { put(key, regex.text); }},
             test);
}

}  // namespace

const Atom* AtomTable::make(Dimension dimension, Atom::Question question, std::string parameter) {
  std::string key(1, static_cast<char>('A' + static_cast<int>(dimension)));
  put(key, parameter);
  key += key_of(question);
  auto& slot = known_[std::move(key)];
  if (!slot) {
    slot = std::make_unique<Atom>(
        Atom{dimension, std::move(parameter), std::move(question), Language{}});
    if (const auto* words = std::get_if<WordsAtom>(&slot->question)) {
      slot->language = language_of(words->globs);
    } else if (const auto* keys = std::get_if<KeysAtom>(&slot->question)) {
      slot->language = language_of(keys->globs);
    } else if (const auto* value = std::get_if<ValueAtom>(&slot->question)) {
      if (const auto* globs = std::get_if<Globs>(&value->test)) {
        slot->language = language_of(*globs);
      }
    }
  }
  return slot.get();
}

std::string key_of(const Atom::Question& question) {
  std::string key(1, static_cast<char>('a' + question.index()));
  std::visit(
      Overloaded{[&](const UsersCriterion& users) {
                   key += users.any ? '*' : '-';
                   for (const auto* list : {&users.names, &users.unix_users, &users.unix_groups}) {
                     put(key, *list);
                   }
                 },
                 [&](const std::vector<ClientEntry>& clients) { put(key, texts(clients)); },
                 [&](const AccountsAtom& accounts) { put(key, accounts.accounts); },
                 [&](const KeysAtom& keys) { put(key, keys.globs); },
                 [&](const WordsAtom& words) { put(key, words.globs); },
                 [&](const PlaceAtom& place) {
                   put(key, place.region);
                   put(key, place.partition);
                 },
                 [&](const BeforeAtom& before) {
                   key += std::to_string(before.end.time_since_epoch().count());
                 },
                 [&](const Hours& hours) {
                   key += std::to_string(hours.days) + '/' + std::to_string(hours.from.count()) +
                          '/' + std::to_string(hours.to.count()) + '/';
                   put(key, hours.text.substr(hours.text.rfind(' ') + 1));
                 },
                 [&](const RegexCriterion& regex) { put(key, regex.text); },
                 [](const AbsentAtom&) {},
                 [&](const ValueAtom& value) {
                   key += value.denies ? 'd' : 'a';
                   put(key, value.absent_means);
                   put(key, value.test);
                 }},
      question);
  return key;
}

bool value_passes(const ValueTest& test, std::string_view name, bool denies,
                  std::string_view value) {
  if (const auto* globs = std::get_if<Globs>(&test)) return any_glob(*globs, value);
  if (const auto* hosts = std::get_if<std::vector<HostEntry>>(&test)) {
    const auto host = parse_host(value);
    return host && std::any_of(hosts->begin(), hosts->end(), [&](const HostEntry& entry) {
             return denies ? entry.pattern.matches(*host) : entry.pattern.grants(*host);
           });
  }
  if (const auto* ports = std::get_if<std::vector<PortEntry>>(&test)) {
    const auto port = name == "localPortNumber" ? parse_local_port(value) : parse_port(value);
    return port && std::any_of(ports->begin(), ports->end(),
                               [&](const PortEntry& entry) { return entry.range.contains(*port); });
  }
  if (const auto* regex = std::get_if<RegexCriterion>(&test)) {
    return re2::RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), *regex->compiled);
  }
  return true;
}

bool holds_when_absent(const ValueAtom& atom, std::string_view name) {
  if (!atom.denies && std::holds_alternative<AnyValue>(atom.test)) return true;
  return !atom.absent_means.empty() &&
         value_passes(atom.test, name, atom.denies, atom.absent_means);
}

bool holds(const Atom& atom, const Model& model) {
  return std::visit(
      Overloaded{[&](const UsersCriterion& users) { return users_hold(users, model); },
                 [&](const std::vector<ClientEntry>& clients) {
                   return std::any_of(clients.begin(), clients.end(),
                                      [&](const ClientEntry& entry) {
                                        return entry.block.contains(unmapped(model.client));
                                      });
                 },
                 [&](const AccountsAtom& accounts) {
                   return model.account && listed(accounts.accounts, *model.account);
                 },
                 [&](const KeysAtom& keys) {
                   return model.access_key && any_glob(keys.globs, *model.access_key);
                 },
                 [&](const WordsAtom& words) {
                   const auto word = word_of(atom, model);
                   return word && any_glob(words.globs, *word);
                 },
                 [&](const PlaceAtom& place) { return place_holds(place, model.region); },
                 [&](const BeforeAtom& before) { return model.now < before.end; },
                 [&](const Hours& hours) { return ssmgate::holds(hours, model.now); },
                 [&](const RegexCriterion& regex) {
                   return model.reason && re2::RE2::PartialMatch(*model.reason, *regex.compiled);
                 },
                 [&](const AbsentAtom&) { return !model.parameters.contains(atom.parameter); },
                 [&](const ValueAtom& value) { return value_holds(value, atom.parameter, model); }},
      atom.question);
}

}  // namespace ssmgate::sets
