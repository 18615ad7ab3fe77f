#include "tools/public_suffix.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "ssmgate/names/glob.hpp"
#include "ssmgate/names/host.hpp"

namespace ssmgate::tools {
namespace {

// SOURCE: publicsuffix.org, and AWS's own zones in which every customer has names.
constexpr std::array<std::string_view, 36> kSuffixes = {
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
    "co.uk",
    "org.uk",
    "ac.uk",
    "co.jp",
    "ne.jp",
    "or.jp",
    "com.au",
    "net.au",
    "co.nz",
    "com.br",
    "com.cn",
    "co.kr",
    "co.in",
    "com.sg",
    "com.tw",
};

}  // namespace

bool is_as_wide_as_public_suffix(std::string_view pattern) {
  const auto parsed = parse_host_pattern(pattern);
  if (!parsed) return false;
  const auto* name = std::get_if<HostPattern::Name>(&parsed->form());
  if (name == nullptr || name->literal) return false;
  std::string rest;
  for (const std::string& label : name->labels) rest += (rest.empty() ? "" : ".") + label;
  if (!name->leading_wildcard) {
    // `*` as a whole first label matches any one name below the rest.
    if (!rest.starts_with("*.")) return false;
    rest.erase(0, 2);
  }
  if (rest.find('.') == std::string::npos) return rest != "localhost" && rest != "internal";
  return std::any_of(kSuffixes.begin(), kSuffixes.end(), [&](std::string_view suffix) {
    const auto dots = [](std::string_view text) {
      return std::count(text.begin(), text.end(), '.');
    };
    return dots(rest) == dots(suffix) && globs_intersect(suffix, rest);
  });
}

}  // namespace ssmgate::tools
