// Addresses and ports: every combination of intervals that is not empty holds the first value of
// one of them, or the first value behind one.
#include <algorithm>
#include <array>
#include <numeric>

#include "names/host_rules.hpp"
#include "sets/shapes.hpp"
#include "sets/solve.hpp"

namespace ssmgate::sets {
namespace {

IpAddress with_bytes(const IpAddress& like, const std::array<std::uint8_t, 16>& bytes) {
  if (!like.is_v4()) return IpAddress::v6(bytes);
  return IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
}

// The first address of the block, and the first behind it where there is one.
void append_ends(const Cidr& block, std::vector<IpAddress>& out) {
  std::array<std::uint8_t, 16> first{}, behind{};
  const auto bytes = block.base().bytes();
  const int length = block.prefix_length();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int kept = std::clamp(length - static_cast<int>(i) * 8, 0, 8);
    const auto mask = static_cast<std::uint8_t>(0xFF00 >> kept);
    first[i] = bytes[i] & mask;
    behind[i] = static_cast<std::uint8_t>(bytes[i] | ~mask);
  }
  out.push_back(with_bytes(block.base(), first));
  for (std::size_t i = bytes.size(); i-- > 0;) {
    if (++behind[i] == 0) continue;
    out.push_back(with_bytes(block.base(), behind));
    return;
  }
}

std::span<const Cidr> special_blocks() {
  static const std::vector<Cidr> blocks = [] {
    std::vector<Cidr> made;
    for (const std::string_view text : {"0.0.0.0/0", "::/0", "::/96", "::/127", "::ffff:0.0.0.0/96",
                                        "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"}) {
      made.push_back(*parse_cidr(text));
    }
    for (const Cidr& block : host_rules::guarded_blocks()) made.push_back(block);
    return made;
  }();
  return blocks;
}

// Plain addresses first: what a person would write.
std::vector<IpAddress> candidates(std::vector<Cidr> blocks, std::string_view plain) {
  std::vector<IpAddress> out{*parse_ip_address(plain)};
  for (const Cidr& block : special_blocks()) blocks.push_back(block);
  for (const Cidr& block : blocks) append_ends(block, out);
  return out;
}

void append_blocks(const std::vector<HostEntry>& hosts, std::vector<Cidr>& out) {
  for (const HostEntry& entry : hosts) {
    if (const auto* block = std::get_if<Cidr>(&entry.pattern.form())) out.push_back(*block);
  }
}

const std::vector<HostEntry>* hosts_of(const SignedTest& test) {
  const auto* value = std::get_if<ValueAtom>(&test.atom->question);
  return value == nullptr ? nullptr : std::get_if<std::vector<HostEntry>>(&value->test);
}

bool passes(std::span<const SignedTest> tests, std::string_view name, std::string_view value) {
  return std::all_of(tests.begin(), tests.end(), [&](const SignedTest& test) {
    const auto& asked = std::get<ValueAtom>(test.atom->question);
    return value_passes(asked.test, name, asked.denies, value) == test.wanted;
  });
}

// A name pattern over canonical names: a leading `*.` stands for any text in front of its dot.
Pattern pattern_of(const HostPattern::Name& name) {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  Pattern pattern;
  if (name.leading_wildcard) {
    append_run(pattern, "abcdefghijklmnopqrstuvwxyz0123456789-_.");
    append_text(pattern, ".");
  }
  for (std::size_t i = 0; i < name.labels.size(); ++i) {
    if (i > 0) append_text(pattern, ".");
    for (const char c : name.labels[i]) {
      if (c == '*') {
        append_run(pattern, kLetters);
      } else {
        append_text(pattern, std::string_view(&c, 1));
      }
    }
  }
  return pattern;
}

bool names_guarded(const HostPattern::Name& name) {
  return name.literal ||
         (name.leading_wildcard && name.labels.size() == 1 && name.labels.front() == "localhost");
}

// The names that an entry's test lets through, guarded ones or others.
Language names_of(const ValueAtom& value, bool guarded) {
  Language language;
  for (const HostEntry& entry : std::get<std::vector<HostEntry>>(value.test)) {
    const bool left_out = guarded && !value.denies;
    if (std::holds_alternative<HostPattern::Any>(entry.pattern.form())) {
      if (!left_out) language.patterns.push_back(host_shape().patterns.front());
    } else if (const auto* name = std::get_if<HostPattern::Name>(&entry.pattern.form())) {
      if (left_out && !names_guarded(*name)) continue;
      if (!name->literal) {
        language.patterns.push_back(pattern_of(*name));
        continue;
      }
      std::string text;
      for (const std::string& label : name->labels) text += (text.empty() ? "" : ".") + label;
      language.texts.push_back(to_code_points(text));
    }
  }
  return language;
}

Answer solve_host_name(std::span<const SignedTest> tests, bool guarded, std::string& value) {
  std::vector<Language> languages;
  languages.reserve(tests.size());
  WordProblem problem{{&host_shape()}, {&ill_formed_hosts()}, kMaxHostLength};
  (guarded ? problem.required : problem.forbidden).push_back(&guarded_names());
  for (const SignedTest& test : tests) {
    if (hosts_of(test) == nullptr) {
      if (!test.wanted) return Answer::none;  // `any`
      continue;
    }
    languages.push_back(names_of(std::get<ValueAtom>(test.atom->question), guarded));
    (test.wanted ? problem.required : problem.forbidden).push_back(&languages.back());
  }
  WordAnswer answer = find_word(problem);
  if (answer.answer == Answer::found &&
      matches(hosts_with_long_label(), to_code_points(answer.word))) {
    problem.forbidden.push_back(&hosts_with_long_label());
    answer = find_word(problem);
  }
  if (answer.answer == Answer::found) value = std::move(answer.word);
  return answer.answer;
}

}  // namespace

Answer solve_client(std::span<const Literal> literals, Model& model) {
  std::vector<Cidr> blocks;
  for (const Literal& literal : literals) {
    for (const auto& entry : std::get<std::vector<ClientEntry>>(literal.atom->question)) {
      blocks.push_back(entry.block);
    }
  }
  for (const IpAddress& address : candidates(std::move(blocks), "127.0.0.1")) {
    if (unmapped(address) != address) continue;  // judged as the IPv4 address
    Model tried;
    tried.client = address;
    const bool fits = std::all_of(literals.begin(), literals.end(), [&](const Literal& literal) {
      return holds(*literal.atom, tried) == literal.wanted;
    });
    if (!fits) continue;
    model.client = address;
    return Answer::found;
  }
  return Answer::none;
}

Answer solve_host(std::span<const SignedTest> tests, std::string& value) {
  static constexpr std::string_view kPlain = "db.example.com";
  if (passes(tests, "host", kPlain)) {
    value = kPlain;
    return Answer::found;
  }
  const Answer name = solve_host_name(tests, false, value);
  if (name == Answer::found) return name;
  std::vector<Cidr> blocks;
  for (const SignedTest& test : tests) {
    if (const auto* hosts = hosts_of(test)) append_blocks(*hosts, blocks);
  }
  for (const IpAddress& address : candidates(std::move(blocks), "10.0.0.1")) {
    const std::string text = render_ip_address(address);
    const auto host = parse_host(text);
    const bool itself = host && host->is_address() && host->address() == address;
    if (!itself || !passes(tests, "host", text)) continue;
    value = text;
    return Answer::found;
  }
  const Answer guarded = solve_host_name(tests, true, value);
  if (guarded != Answer::none) return guarded;
  return name;
}

Answer solve_port(std::span<const SignedTest> tests, std::string_view name, std::string& value) {
  const unsigned least = name == "portNumber" ? 1 : 0;  // 0 is no port elsewhere, but a text
  std::vector<unsigned> ports{least};
  bool intervals = true;
  for (const SignedTest& test : tests) {
    const auto& asked = std::get<ValueAtom>(test.atom->question).test;
    const auto* entries = std::get_if<std::vector<PortEntry>>(&asked);
    intervals = intervals && (entries != nullptr || std::holds_alternative<AnyValue>(asked));
    if (entries == nullptr) continue;
    for (const PortEntry& entry : *entries) {
      ports.push_back(entry.range.low);
      ports.push_back(entry.range.high + 1U);
    }
  }
  if (!intervals) {
    // Ports are few enough to ask globs and regular expressions about each.
    ports.resize(65536 - least);
    std::iota(ports.begin(), ports.end(), least);
  }
  for (const unsigned port : ports) {
    if (port > 65535) continue;
    std::string text = std::to_string(port);
    if (!passes(tests, name, text)) continue;
    value = std::move(text);
    return Answer::found;
  }
  return Answer::none;
}

}  // namespace ssmgate::sets
