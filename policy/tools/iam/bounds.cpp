#include "tools/iam/bounds.hpp"

#include <algorithm>
#include <array>

#include "rules/document_pattern.hpp"
#include "rules/glob_language.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/names/ip_address.hpp"
#include "tools/iam/arn.hpp"

namespace ssmgate::tools::iam {
namespace {

using Texts = std::vector<std::string>;

void sort_unique(Texts& texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

// The narrower of two globs where one holds the other; empty: neither does.
std::string narrower_glob(const std::string& a, const std::string& b) {
  if (a == b || matches_all(b)) return a;
  if (matches_all(a)) return b;
  if (!has_glob(a)) return glob_matches(b, a) ? a : std::string();
  if (!has_glob(b)) return glob_matches(a, b) ? b : std::string();
  return {};
}

std::string narrower_block(const std::string& a, const std::string& b) {
  const auto x = parse_cidr(a);
  const auto y = parse_cidr(b);
  if (!x || !y) return {};
  if (x->contains(*y)) return b;
  return y->contains(*x) ? a : std::string();
}

// Pairs of entries, each pair as the narrower of the two.
template <typename Narrower>
std::optional<Texts> intersect_lists(const Texts& a, const Texts& b, Narrower narrower) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  Texts out;
  for (const std::string& x : a) {
    for (const std::string& y : b) {
      std::string both = narrower(x, y);
      if (!both.empty()) out.push_back(std::move(both));
    }
  }
  if (out.empty()) return std::nullopt;
  sort_unique(out);
  return out;
}

// LIMIT: the partitions beside `aws` that are known; docs/policy.md knows no others either.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kPartitions = {{
    {"aws-cn", "cn-*"},
    {"aws-us-gov", "us-gov-*"},
    {"aws-iso", "us-iso-*"},
    {"aws-iso-b", "us-isob-*"},
    {"aws-iso-e", "eu-isoe-*"},
    {"aws-iso-f", "us-isof-*"},
    {"aws-eusc", "eusc-*"},
}};

}  // namespace

std::optional<Bounds> intersect(const Bounds& a, const Bounds& b, bool& exact) {
  const auto glob = [&](const std::string& x, const std::string& y) {
    std::string both = narrower_glob(x, y);
    if (both.empty() && globs_intersect(x, y)) exact = false;
    return both;
  };
  const auto equal = [](const std::string& x, const std::string& y) {
    return x == y ? x : std::string();
  };
  const auto regions = intersect_lists(a.regions, b.regions, glob);
  const auto accounts = intersect_lists(a.accounts, b.accounts, equal);
  const auto clients = intersect_lists(a.clients, b.clients, narrower_block);
  if (!regions || !accounts || !clients) return std::nullopt;
  Bounds out{*regions, *accounts, *clients, a.not_before, a.expires};
  if (b.not_before && (!out.not_before || *out.not_before < *b.not_before)) {
    out.not_before = b.not_before;
  }
  if (b.expires && (!out.expires || *b.expires < *out.expires)) out.expires = b.expires;
  if (out.not_before && out.expires && *out.expires <= *out.not_before) return std::nullopt;
  return out;
}

std::optional<Texts> read_regions(const std::string& partition, const std::string& region,
                                  bool& exact) {
  if (!can_match_region(region)) return std::nullopt;
  if (!has_glob(region)) {
    if (!glob_matches(partition, partition_of_region(region))) return std::nullopt;
    return Texts{region};
  }
  const bool everywhere = matches_all(region);
  if (glob_matches(partition, "aws")) {
    return everywhere ? Texts{} : Texts{region};
  }
  Texts out;
  for (const auto& [name, regions] : kPartitions) {
    if (!glob_matches(partition, name) || !globs_intersect(region, regions)) continue;
    const std::string both = narrower_glob(region, std::string(regions));
    const bool inside = region.starts_with(regions.substr(0, regions.size() - 1));
    out.push_back(inside || both.empty() ? region : both);
    exact = exact && (inside || !both.empty());
  }
  if (out.empty()) return std::nullopt;
  sort_unique(out);
  return out;
}

}  // namespace ssmgate::tools::iam
