#include "sets/rule_finder.hpp"

#include <algorithm>
#include <optional>

#include "rules/criteria.hpp"
#include "ssmgate/names/glob.hpp"

namespace ssmgate::sets {
namespace {

constexpr std::string_view kRemoteHost = "AWS-StartPortForwardingSessionToRemoteHost";

using Words = std::vector<std::string>;

void add(Words& words, char kind, std::string_view word) {
  words.emplace_back(1, kind).append(word);
}

// Every function gives the words that one of which a match has; empty: it cannot be said.
Words document_words(const Rule& rule) {
  Words words;
  for (const DocumentPattern& pattern : rule.documents) {
    if (pattern.exact_name().empty()) return {};
    add(words, 'd', pattern.exact_name());
  }
  return words;
}

std::optional<std::string> literal_host(const HostPattern& pattern) {
  if (const auto* block = std::get_if<Cidr>(&pattern.form())) {
    const bool single = block->prefix_length() == (block->base().is_v4() ? 32 : 128);
    return single ? std::optional(render_ip_address(block->base())) : std::nullopt;
  }
  const auto* name = std::get_if<HostPattern::Name>(&pattern.form());
  if (name == nullptr || !name->literal) return std::nullopt;
  std::string text;
  for (const std::string& label : name->labels) text += (text.empty() ? "" : ".") + label;
  return text;
}

// An allow rule passes over its hosts where the document takes none.
Words host_words(const Rule& rule) {
  const bool judged = rule.denies || (!rule.documents.empty() &&
                                      std::all_of(rule.documents.begin(), rule.documents.end(),
                                                  [](const DocumentPattern& pattern) {
                                                    return pattern.exact_name() == kRemoteHost;
                                                  }));
  Words words;
  if (!judged) return words;
  for (const HostEntry& entry : rule.hosts) {
    const auto host = literal_host(entry.pattern);
    if (!host) return {};
    add(words, 'h', *host);
  }
  return words;
}

Words target_words(const Rule& rule) {
  Words words;
  for (const std::string& glob : rule.targets) {
    if (has_glob(glob)) return {};
    add(words, 't', glob);
  }
  return words;
}

Words user_words(const Rule& rule) {
  const UsersCriterion& users = rule.users;
  Words words;
  if (users.any || !users.unix_users.empty() || !users.unix_groups.empty()) return words;
  for (const std::string& name : users.names) add(words, 'u', name);
  return words;
}

Words account_words(const Rule& rule) {
  Words words;
  for (const std::string& account : rule.accounts) add(words, 'a', account);
  return words;
}

std::vector<Words> keys_of(const Rule& rule) {
  return {document_words(rule), host_words(rule), target_words(rule), user_words(rule),
          account_words(rule)};
}

}  // namespace

RuleFinder::RuleFinder(const std::vector<Rule>& rules) : rules_(&rules) {
  std::unordered_map<std::string, std::size_t> uses;
  for (const Rule& rule : rules) {
    for (const Words& words : keys_of(rule)) {
      for (const std::string& word : words) ++uses[word];
    }
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    Words best;
    std::size_t least = rules.size() + 1;
    for (Words& words : keys_of(rules[i])) {
      std::size_t most = 0;
      for (const std::string& word : words) most = std::max(most, uses[word]);
      if (words.empty() || most >= least) continue;
      least = most;
      best = std::move(words);
    }
    if (best.empty()) others_.push_back(i);
    for (const std::string& word : best) {
      auto& list = by_word_[word];
      if (list.empty() || list.back() != i) list.push_back(i);
    }
  }
}

std::vector<const Rule*> RuleFinder::matching(const Facts& facts) const {
  Words words;
  add(words, 'd', facts.document.name());
  if (const Host* host = facts.host()) add(words, 'h', host->text());
  add(words, 't', facts.request.target.text());
  if (facts.caller.user) add(words, 'u', *facts.caller.user);
  add(words, 'a', facts.claims.account);
  std::vector<std::size_t> near = others_;
  for (const std::string& word : words) {
    const auto found = by_word_.find(word);
    if (found != by_word_.end())
      near.insert(near.end(), found->second.begin(), found->second.end());
  }
  std::sort(near.begin(), near.end());
  std::vector<const Rule*> matching;
  for (const std::size_t i : near) {
    if (matches((*rules_)[i], facts)) matching.push_back(&(*rules_)[i]);
  }
  return matching;
}

}  // namespace ssmgate::sets
