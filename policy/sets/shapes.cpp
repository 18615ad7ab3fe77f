#include "sets/shapes.hpp"

#include <array>
#include <cstdint>

#include "rules/glob_language.hpp"
#include "ssmgate/names/document.hpp"

namespace ssmgate::sets {
namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
// SOURCE: is_part in request/credential.cpp; the parts of a scope end at `/` and `,`.
constexpr std::string_view kKeyLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!\"#$%&'()*+:;<>?@[\\]^{|}~";
constexpr std::uint64_t kAccounts = 1'000'000'000'000;
constexpr int kKeyDigits = 10;  // base32 digits that hold the account
constexpr int kKeyRest = 6;

Language of(Pattern pattern) {
  return {{}, {std::move(pattern)}};
}

Pattern id_pattern(std::string_view prefix, int digits) {
  Pattern pattern;
  append_text(pattern, prefix);
  append_set(pattern, kHexDigits, digits);
  return pattern;
}

Pattern ecs_pattern() {
  Pattern pattern;
  append_text(pattern, "ecs:");
  append_set(pattern, kAlnumDashUnderscore, 1);
  append_run(pattern, kAlnumDashUnderscore);
  for (int part = 0; part < 2; ++part) {
    append_text(pattern, "_");
    append_set(pattern, kAlnumDash, 1);
    append_run(pattern, kAlnumDash);
  }
  return pattern;
}

Pattern any_case(std::string_view text, bool open) {
  Pattern pattern;
  append_text_in_any_case(pattern, text);
  if (open) append_run(pattern, kDocumentName);
  return pattern;
}

// The 50 bits at the front of a key id: a one, 40 of the account, 9 of the rest.
std::uint64_t key_bits(std::uint64_t account) {
  return std::uint64_t{1} << 49U | account << 9U;
}

std::string_view digit_at(std::uint64_t bits, int place) {
  return kBase32.substr(bits >> (5 * (kKeyDigits - 1 - place)) & 31U, 1);
}

// Key ids whose first digits are those of `bits` and whose next is one of `next`.
void append_keys(Language& keys, std::uint64_t bits, int same, std::string_view next) {
  for (const std::string_view prefix : {"AKIA", "ASIA"}) {
    Pattern pattern;
    append_text(pattern, prefix);
    for (int i = 0; i < same; ++i) append_text(pattern, digit_at(bits, i));
    append_set(pattern, next, 1);
    append_set(pattern, kBase32, kKeyDigits - 1 - same + kKeyRest);
    keys.patterns.push_back(std::move(pattern));
  }
}

Language make_reserved_names() {
  return {{}, {any_case("aws", true), any_case("amazon", true), any_case("amzn", true)}};
}

Language make_catalogued() {
  Language language{{}, {any_case("SSM-SessionManagerRunShell", false)}};
  for (const CatalogueEntry& entry : catalogue()) {
    language.patterns.push_back(any_case(entry.name, false));
  }
  return language;
}

Language run_of(std::string_view set, int least) {
  Pattern pattern;
  append_set(pattern, set, least);
  append_run(pattern, set);
  return of(std::move(pattern));
}

}  // namespace

const Language& target_shape() {
  static const Language shape{
      {}, {id_pattern("i-", 8), id_pattern("i-", 17), id_pattern("mi-", 17), ecs_pattern()}};
  return shape;
}

const Language& plain_target_shape() {
  static const Language shape = of(id_pattern("i-", 17));
  return shape;
}

const Language& region_shape() {
  static const Language shape = run_of(kLowerDash, 1);
  return shape;
}

const Language& name_shape() {
  static const Language shape = run_of(kDocumentName, 3);
  return shape;
}

const Language& catalogued_in_any_case() {
  static const Language names = make_catalogued();
  return names;
}

const Language& reserved_names() {
  static const Language names = make_reserved_names();
  return names;
}

const Language& account_shape() {
  static const Language shape = [] {
    Pattern pattern;
    append_set(pattern, kDigits, 12);
    return of(std::move(pattern));
  }();
  return shape;
}

const Language& key_shape() {
  static const Language shape = run_of(kKeyLetters, 1);
  return shape;
}

const Language& keys_with_account() {
  static const Language keys = [] {
    // Digit by digit below the first that is no account's: equal so far, and then less.
    Language made;
    const std::uint64_t end = key_bits(kAccounts);
    for (int same = 0; same < kKeyDigits; ++same) {
      const std::size_t digit = kBase32.find(digit_at(end, same));
      const std::size_t least = same == 0 ? 16 : 0;  // the leading one
      if (digit > least) append_keys(made, end, same, kBase32.substr(least, digit - least));
    }
    return made;
  }();
  return keys;
}

Language keys_of_account(std::string_view account) {
  std::uint64_t number = 0;
  for (const char c : account) number = number * 10 + static_cast<std::uint64_t>(c - '0');
  const std::uint64_t bits = key_bits(number);
  // Eight digits are the account's alone; the ninth holds its last bit and four others.
  const std::size_t ninth = kBase32.find(digit_at(bits, 8));
  Language keys;
  append_keys(keys, bits, 8, kBase32.substr(ninth & 16U, 16));
  return keys;
}

const Language& operation_shape() {
  static const Language shape = [] {
    Pattern pattern;
    append_set(pattern, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1);
    append_run(pattern, kAlnum);
    return of(std::move(pattern));
  }();
  return shape;
}

const Language& value_shape() {
  static const Language shape = [] {
    Pattern pattern{{{}, true, false}};
    append_anything(pattern);
    return of(std::move(pattern));
  }();
  return shape;
}

const Language& parameter_reference() {
  static const Language language = [] {
    Pattern pattern;
    append_anything(pattern);
    append_text(pattern, "{{");
    append_anything(pattern);
    return of(std::move(pattern));
  }();
  return language;
}

const Language& port_texts() {
  static const Language texts = [] {
    // The first digits, the next one, and how many follow: up to 65535, digit by digit.
    struct Run {
      std::string_view first, next;
      int more;
    };
    static constexpr std::array<Run, 10> kRuns = {{{"", "0", 0},
                                                   {"", "123456789", 0},
                                                   {"", "123456789", 1},
                                                   {"", "123456789", 2},
                                                   {"", "123456789", 3},
                                                   {"", "12345", 4},
                                                   {"6", "01234", 3},
                                                   {"65", "01234", 2},
                                                   {"655", "012", 1},
                                                   {"6553", "012345", 0}}};
    Language made;
    for (const Run& run : kRuns) {
      Pattern pattern;
      append_text(pattern, run.first);
      append_set(pattern, run.next, 1);
      append_set(pattern, kDigits, run.more);
      made.patterns.push_back(std::move(pattern));
    }
    return made;
  }();
  return texts;
}

}  // namespace ssmgate::sets
