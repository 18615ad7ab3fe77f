// The names that hosts can have in canonical form, as languages (docs/policy.md, "Hosts").
#include "rules/glob_language.hpp"
#include "sets/shapes.hpp"

namespace ssmgate::sets {
namespace {

constexpr std::string_view kHostLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kHostLettersAndDot = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

// Label by label: `x` stands in front, or behind a dot.
void append_label_fault(Language& faults, const Pattern& label) {
  faults.patterns.push_back(label);
  Pattern behind;
  append_run(behind, kHostLettersAndDot);
  append_text(behind, ".");
  behind.insert(behind.end(), label.begin(), label.end());
  faults.patterns.push_back(std::move(behind));
}

void append_containing(Language& language, std::string_view text) {
  Pattern pattern;
  append_run(pattern, kHostLettersAndDot);
  append_text(pattern, text);
  append_run(pattern, kHostLettersAndDot);
  language.patterns.push_back(std::move(pattern));
}

Pattern in_front(std::string_view text) {
  Pattern pattern;
  append_text(pattern, text);
  append_run(pattern, kHostLettersAndDot);
  return pattern;
}

Pattern at_end(std::string_view text) {
  Pattern pattern;
  append_run(pattern, kHostLettersAndDot);
  append_text(pattern, text);
  return pattern;
}

Language make_ill_formed_hosts() {
  Language faults;
  for (const std::string_view inner : {"..", ".-", "-."}) append_containing(faults, inner);
  for (const std::string_view rim : {".", "-"}) {
    faults.patterns.push_back(in_front(rim));
    faults.patterns.push_back(at_end(rim));
  }
  Pattern digits;
  append_run(digits, kDigits);
  append_label_fault(faults, digits);
  Pattern hex;
  append_text(hex, "0x");
  append_run(hex, kHexDigits);
  append_label_fault(faults, hex);
  return faults;
}

}  // namespace

const Language& host_shape() {
  static const Language shape = [] {
    Pattern pattern;
    append_set(pattern, kHostLettersAndDot, 1);
    append_run(pattern, kHostLettersAndDot);
    return Language{{}, {pattern}};
  }();
  return shape;
}

const Language& ill_formed_hosts() {
  static const Language faults = make_ill_formed_hosts();
  return faults;
}

const Language& hosts_with_long_label() {
  static const Language language = [] {
    Pattern pattern;
    append_run(pattern, kHostLettersAndDot);
    append_set(pattern, kHostLetters, 64);
    append_run(pattern, kHostLettersAndDot);
    return Language{{}, {pattern}};
  }();
  return language;
}

const Language& guarded_names() {
  static const Language names = [] {
    Language made{{}, {at_end(".localhost")}};
    for (const std::string_view name :
         {"localhost", "localhost.localdomain", "localhost4", "localhost4.localdomain4",
          "localhost6", "localhost6.localdomain6", "ip6-localhost", "ip6-loopback", "instance-data",
          "instance-data.ec2.internal"}) {
      made.texts.push_back(to_code_points(name));
    }
    return made;
  }();
  return names;
}

}  // namespace ssmgate::sets
