#include "tools/iam/arn.hpp"

#include <algorithm>

#include "ssmgate/names/glob.hpp"

namespace ssmgate::tools::iam {
namespace {

constexpr std::size_t kColons = 5;
// LIMIT: a pattern of more wildcards, or with more ways to be read, counts as `*`: a sane one has
// one way, ten wildcards have thousands.
constexpr std::ptrdiff_t kMaxWildcards = 16;
constexpr std::size_t kMaxWays = 128;

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> fields;
  while (true) {
    const std::size_t colon = text.find(':');
    fields.emplace_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return fields;
    text.remove_prefix(colon + 1);
  }
}

std::string collapse_stars(std::string_view pattern) {
  std::string out;
  for (const char c : pattern) {
    if (c != '*' || !out.ends_with('*')) out += c;
  }
  return out;
}

// Every way in which the wildcards of `rest` stand for `missing` colons more.
void spread(std::string head, std::string_view rest, std::size_t missing,
            std::vector<std::string>& ways) {
  if (ways.size() > kMaxWays) return;
  const std::size_t wildcard = rest.find_first_of("*?");
  if (missing == 0 || wildcard == std::string_view::npos) {
    if (missing == 0) ways.push_back(head.append(rest));
    return;
  }
  head.append(rest.substr(0, wildcard));
  const bool star = rest[wildcard] == '*';
  rest.remove_prefix(wildcard + 1);
  spread(head + (star ? "*" : "?"), rest, missing, ways);
  const std::size_t most = star ? missing : 1;
  for (std::size_t taken = 1; taken <= most; ++taken) {
    head += star ? "*:" : ":";
    spread(star ? head + "*" : head, rest, missing - taken, ways);
  }
}

std::vector<std::string> ways_to_read(const std::string& pattern, std::size_t missing,
                                      Reading reading) {
  if (missing == 0) return {pattern};
  std::vector<std::string> ways;
  if (reading == Reading::wide) {
    const auto wildcards =
        std::count_if(pattern.begin(), pattern.end(), [](char c) { return c == '*' || c == '?'; });
    if (wildcards > kMaxWildcards) return {"*:*:*:*:*:*"};
    spread({}, pattern, missing, ways);
    if (ways.size() > kMaxWays) ways = {"*:*:*:*:*:*"};
  } else if (pattern.ends_with('*')) {
    ways.push_back(pattern);
    for (std::size_t i = 0; i < missing; ++i) ways.back() += ":*";
  }
  return ways;
}

}  // namespace

std::vector<ArnFields> read_resource(std::string_view pattern, Reading reading) {
  const std::string plain = collapse_stars(pattern);
  const auto colons = static_cast<std::size_t>(std::count(plain.begin(), plain.end(), ':'));
  std::vector<ArnFields> out;
  if (colons > kColons) return out;
  for (const std::string& way : ways_to_read(plain, kColons - colons, reading)) {
    auto fields = split(way);
    if (!glob_matches(fields[0], "arn")) continue;
    out.push_back({std::move(fields[1]), std::move(fields[2]), std::move(fields[3]),
                   std::move(fields[4]), std::move(fields[5])});
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::string> consume_prefix(std::string_view glob, std::string_view prefix) {
  std::vector<std::size_t> places{0};
  for (const char c : prefix) {
    std::vector<std::size_t> next;
    for (const std::size_t place : places) {
      std::size_t at = place;
      while (at < glob.size() && glob[at] == '*') next.push_back(at++);
      if (at < glob.size() && (glob[at] == '?' || glob[at] == c)) next.push_back(at + 1);
    }
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
    places = std::move(next);
  }
  std::vector<std::string> out;
  for (const std::size_t place : places) {
    out.emplace_back(glob.substr(place));
    if (matches_all(out.back())) return {"*"};
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string widen_variables(std::string text) {
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at)) {
    const std::size_t end = text.find('}', at);
    text.replace(at, end == std::string::npos ? end : end + 1 - at, 1, '*');
  }
  return text;
}

bool matches_all(std::string_view glob) noexcept {
  return !glob.empty() && glob.find_first_not_of('*') == std::string_view::npos;
}

}  // namespace ssmgate::tools::iam
