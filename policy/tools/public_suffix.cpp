#include "tools/public_suffix.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "ssmgate/names/glob.hpp"
#include "ssmgate/names/host.hpp"

namespace ssmgate::tools {
namespace {

// SOURCE: publicsuffix.org, and AWS's own zones in which every customer has names.
constexpr std::array<std::string_view, 21> kSuffixes = {
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "*.amazonaws.com",
    "*.amazonaws.com.cn",
    "*.*.amazonaws.com",
    "*.*.amazonaws.com.cn",
    "*.compute.internal",
    "compute.internal",
    "ec2.internal",
    "elasticbeanstalk.com",
    "cloudfront.net",
    "azure.com",
    "windows.net",
    "database.windows.net",
    "database.azure.com",
    "cloudapp.net",
    "googleapis.com",
    "run.app",
    "herokuapp.com",
    "github.io",
};

// Below these, as below a top-level domain, a registry sells any name that begins with `db`.
constexpr std::array<std::string_view, 15> kNational = {
    "co.uk", "org.uk", "ac.uk",  "co.jp", "ne.jp", "or.jp",  "com.au", "net.au",
    "co.nz", "com.br", "com.cn", "co.kr", "co.in", "com.sg", "com.tw",
};

bool is_sold_below(std::string_view suffix) {
  if (suffix.find('.') != std::string_view::npos) {
    return std::find(kNational.begin(), kNational.end(), suffix) != kNational.end();
  }
  return !suffix.empty() && suffix != "localhost" && suffix != "internal";
}

std::string join_labels(std::span<const std::string> labels) {
  std::string out;
  for (const std::string& label : labels) out += (out.empty() ? "" : ".") + label;
  return out;
}

}  // namespace

bool is_as_wide_as_public_suffix(std::string_view pattern) {
  const auto parsed = parse_host_pattern(pattern);
  if (!parsed) return false;
  const auto* name = std::get_if<HostPattern::Name>(&parsed->form());
  if (name == nullptr || name->literal) return false;
  const std::span<const std::string> labels = name->labels;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool open = labels[i].find('*') != std::string::npos;
    if (open && is_sold_below(join_labels(labels.subspan(i + 1)))) return true;
  }
  // A leading `*.`, or `*` as a whole first label, which matches any one name below the rest.
  if (!name->leading_wildcard && labels.front() != "*") return false;
  const std::string rest = join_labels(labels.subspan(name->leading_wildcard ? 0 : 1));
  if (is_sold_below(rest)) return true;
  return std::any_of(kSuffixes.begin(), kSuffixes.end(), [&](std::string_view suffix) {
    const auto dots = [](std::string_view text) {
      return std::count(text.begin(), text.end(), '.');
    };
    return dots(rest) == dots(suffix) && globs_intersect(suffix, rest);
  });
}

}  // namespace ssmgate::tools
