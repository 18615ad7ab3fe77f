// Dimensions whose value is one word: targets, regions, names of documents, accounts in their ARNs;
// and access keys with the account inside them.
#include <algorithm>
#include <array>

#include "rules/document_pattern.hpp"
#include "sets/shapes.hpp"
#include "sets/solve.hpp"
#include "ssmgate/names/document.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/request/credential.hpp"

namespace ssmgate::sets {
namespace {

constexpr std::string_view kShell = "SSM-SessionManagerRunShell";

// What a word must be besides its literals, and which words a person would choose first.
struct WordShape {
  std::vector<const Language*> required;
  std::vector<const Language*> forbidden;
  std::size_t longest = 0;
  std::vector<std::string_view> plain;  // INVARIANT: each is of the shape
};

bool fits(std::span<const Literal> literals, std::string_view word) {
  return std::all_of(literals.begin(), literals.end(), [&](const Literal& literal) {
    const auto* words = std::get_if<WordsAtom>(&literal.atom->question);
    if (words == nullptr) return true;
    return literal.wanted == std::any_of(words->globs.begin(), words->globs.end(),
                                         [&](const auto& g) { return glob_matches(g, word); });
  });
}

Answer solve_word(std::span<const Literal> literals, const WordShape& shape, std::string& out) {
  for (const std::string_view word : shape.plain) {
    if (!fits(literals, word)) continue;
    out = word;
    return Answer::found;
  }
  WordProblem problem{shape.required, shape.forbidden, shape.longest};
  for (const Literal& literal : literals) {
    if (!std::holds_alternative<WordsAtom>(literal.atom->question)) continue;
    (literal.wanted ? problem.required : problem.forbidden).push_back(&literal.atom->language);
  }
  WordAnswer answer = find_word(problem);
  if (answer.answer == Answer::found) out = std::move(answer.word);
  return answer.answer;
}

// A partition as the places of ARN entries tell it apart, and the regions that lie in it.
struct Partition {
  std::string_view name, prefix;
};
constexpr std::array<Partition, 7> kPartitions = {{{"aws-cn", "cn-"},
                                                   {"aws-us-gov", "us-gov-"},
                                                   {"aws-iso", "us-iso-"},
                                                   {"aws-iso-b", "us-isob-"},
                                                   {"aws-iso-f", "us-isof-"},
                                                   {"aws-iso-e", "eu-isoe-"},
                                                   {"aws-eusc", "eusc-"}}};

const Language& regions_of(std::size_t partition) {
  static const auto languages = [] {
    std::array<Language, kPartitions.size()> made;
    for (std::size_t i = 0; i < made.size(); ++i) {
      made[i] = language_of({std::string(kPartitions[i].prefix) + '*'});
    }
    return made;
  }();
  return languages[partition];
}

bool region_fits(std::span<const Literal> literals, const std::optional<std::string>& region) {
  Model model;
  model.region = region;
  return std::all_of(literals.begin(), literals.end(), [&](const Literal& literal) {
    return holds(*literal.atom, model) == literal.wanted;
  });
}

// With the partition given, an ARN entry's place is a question about the region's name alone.
Answer solve_in_partition(std::span<const Literal> literals, std::string_view partition,
                          WordShape shape, std::string& out) {
  std::vector<Language> places;
  places.reserve(literals.size());
  for (const Literal& literal : literals) {
    const auto* place = std::get_if<PlaceAtom>(&literal.atom->question);
    if (place == nullptr) continue;
    const bool here = glob_matches(place->partition, partition);
    if (!here && literal.wanted) return Answer::none;
    if (!here) continue;
    places.push_back(language_of({place->region}));
    (literal.wanted ? shape.required : shape.forbidden).push_back(&places.back());
  }
  return solve_word(literals, shape, out);
}

Answer solve_name_of(std::span<const Literal> literals, WordShape shape, Model& model) {
  std::string name;
  const Answer answer = solve_word(literals, shape, name);
  if (answer == Answer::found) model.name = std::move(name);
  return answer;
}

// The accounts that can make a difference: those that are mentioned, a stranger, and none.
std::vector<std::optional<std::string>> account_choices(std::span<const Literal> literals) {
  std::vector<std::optional<std::string>> choices;
  bool wanted = false;
  std::vector<std::string> mentioned;
  for (const Literal& literal : literals) {
    const auto* accounts = std::get_if<AccountsAtom>(&literal.atom->question);
    if (accounts == nullptr) continue;
    wanted = wanted || literal.wanted;
    mentioned.insert(mentioned.end(), accounts->accounts.begin(), accounts->accounts.end());
  }
  if (wanted) {
    choices.assign(mentioned.begin(), mentioned.end());
    return choices;
  }
  // Nothing asks for an account, so none is as good as one that nobody mentions.
  choices.emplace_back(std::nullopt);
  return choices;
}

bool account_fits(std::span<const Literal> literals, const std::optional<std::string>& account) {
  Model model;
  model.account = account;
  return std::all_of(literals.begin(), literals.end(), [&](const Literal& literal) {
    return !std::holds_alternative<AccountsAtom>(literal.atom->question) ||
           holds(*literal.atom, model) == literal.wanted;
  });
}

Answer find_key(std::span<const Literal> literals, const Language* shape, const Language* no,
                std::string& key) {
  WordProblem problem{{&key_shape()}, {}, kMaxKeyLength};
  if (shape != nullptr) problem.required.push_back(shape);
  if (no != nullptr) problem.forbidden.push_back(no);
  for (const Literal& literal : literals) {
    if (!std::holds_alternative<KeysAtom>(literal.atom->question)) continue;
    (literal.wanted ? problem.required : problem.forbidden).push_back(&literal.atom->language);
  }
  WordAnswer answer = find_word(problem);
  if (answer.answer == Answer::found) key = std::move(answer.word);
  return answer.answer;
}

// A key for a caller of this account: one that carries it, or one that carries none beside it.
Answer solve_key(std::span<const Literal> literals, const std::optional<std::string>& account,
                 Model& model) {
  std::string key;
  Answer answer = Answer::none;
  if (account) {
    const Language own = keys_of_account(*account);
    answer = find_key(literals, &own, nullptr, key);
  }
  if (answer != Answer::found) {
    const Answer other = find_key(literals, nullptr, &keys_with_account(), key);
    answer = other == Answer::none ? answer : other;
  }
  if (answer == Answer::found) {
    model.access_key = std::move(key);
    model.account = account;
  }
  return answer;
}

// A key that carries an account nobody wants or forbids; where a key's own account is forbidden,
// another of the same form is looked for, account by account.
Answer solve_stranger_key(std::span<const Literal> literals, Model& model) {
  std::vector<Language> forbidden;
  forbidden.reserve(literals.size());
  std::vector<Literal> rest(literals.begin(), literals.end());
  WordProblem problem{{&key_shape(), &keys_with_account()}, {}, kMaxKeyLength};
  for (const Literal& literal : literals) {
    if (std::holds_alternative<KeysAtom>(literal.atom->question)) {
      (literal.wanted ? problem.required : problem.forbidden).push_back(&literal.atom->language);
    } else if (const auto* out = std::get_if<AccountsAtom>(&literal.atom->question)) {
      Language& keys = forbidden.emplace_back();
      for (const std::string& account : out->accounts) {
        Language own = keys_of_account(account);
        keys.patterns.insert(keys.patterns.end(), own.patterns.begin(), own.patterns.end());
      }
      problem.forbidden.push_back(&keys);
    }
  }
  WordAnswer answer = find_word(problem);
  if (answer.answer != Answer::found) return answer.answer;
  model.account = find_account(answer.word);
  model.access_key = std::move(answer.word);
  return Answer::found;
}

}  // namespace

Answer solve_target(std::span<const Literal> literals, Model& model) {
  WordShape shape{{&plain_target_shape()}, {}, kMaxTargetLength, {"i-0123456789abcdef0"}};
  if (solve_word(literals, shape, model.target) == Answer::found) return Answer::found;
  return solve_word(literals, {{&target_shape()}, {}, kMaxTargetLength, {}}, model.target);
}

Answer solve_region(std::span<const Literal> literals, Model& model) {
  static constexpr std::array<std::string_view, 9> kPlain = {
      "us-east-1", "eu-west-1",  "ap-northeast-1", "us-west-2",     "eu-central-1",
      "sa-east-1", "cn-north-1", "us-gov-west-1",  "eu-isoe-west-1"};
  for (const std::string_view region : kPlain) {
    if (!region_fits(literals, std::string(region))) continue;
    model.region = region;
    return Answer::found;
  }
  bool unknown = false;
  std::string region;
  for (std::size_t i = 0; i <= kPartitions.size(); ++i) {
    WordShape shape{{&region_shape()}, {}, kMaxRegionLength, {}};
    const bool named = i < kPartitions.size();
    if (named) {
      shape.required.push_back(&regions_of(i));
    } else {
      for (std::size_t k = 0; k < kPartitions.size(); ++k)
        shape.forbidden.push_back(&regions_of(k));
    }
    const std::string_view partition = named ? kPartitions[i].name : std::string_view("aws");
    const Answer answer = solve_in_partition(literals, partition, shape, region);
    if (answer == Answer::found) {
      model.region = std::move(region);
      return answer;
    }
    unknown = unknown || answer == Answer::unknown;
  }
  if (!region_fits(literals, std::nullopt)) return unknown ? Answer::unknown : Answer::none;
  model.region.reset();
  return Answer::found;
}

Answer solve_name(std::span<const Literal> literals, const DocumentClass& document, Model& model) {
  WordShape shape{{&name_shape()}, {&catalogued_in_any_case()}, kMaxNameLength, {}};
  switch (document.kind) {
    case DocumentClass::Kind::named: return Answer::found;
    case DocumentClass::Kind::caller_owned:
      shape.forbidden.push_back(&reserved_names());
      shape.plain = {kShell, "Example-Document"};
      break;
    case DocumentClass::Kind::aws_owned:
      shape.required.push_back(&reserved_names());
      shape.plain = {"AWS-Example"};
      break;
    case DocumentClass::Kind::account_arn:
      // `arn:aws:ssm:us-east-1:111122223333:document/` is as long as an ARN's front usually is.
      shape.longest = kMaxNameLength - 44;
      shape.plain = {kShell};
      for (const CatalogueEntry& entry : catalogue()) shape.plain.push_back(entry.name);
      break;
  }
  return solve_name_of(literals, std::move(shape), model);
}

Answer solve_document_account(std::span<const Literal> literals, Model& model) {
  std::string account;
  const WordShape shape{{&account_shape()}, {}, 12, {"111122223333"}};
  const Answer answer = solve_word(literals, shape, account);
  if (answer == Answer::found) model.document_account = std::move(account);
  return answer;
}

Answer solve_credential(std::span<const Literal> literals, Model& model) {
  const bool wants_key = std::any_of(literals.begin(), literals.end(), [](const Literal& literal) {
    return literal.wanted && std::holds_alternative<KeysAtom>(literal.atom->question);
  });
  bool unknown = false;
  for (const auto& account : account_choices(literals)) {
    if (!account_fits(literals, account)) continue;
    if (!wants_key) {
      model.account = account;
      model.access_key.reset();
      return Answer::found;
    }
    const Answer answer = solve_key(literals, account, model);
    if (answer == Answer::found) return answer;
    unknown = unknown || answer == Answer::unknown;
    if (account) continue;
    const Answer stranger = solve_stranger_key(literals, model);
    if (stranger == Answer::found) return stranger;
    unknown = unknown || stranger == Answer::unknown;
  }
  return unknown ? Answer::unknown : Answer::none;
}

}  // namespace ssmgate::sets
