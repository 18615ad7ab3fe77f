// Canonical forms are canonical: what a parser makes of its own output is the same value, and the
// glob matcher agrees with its definition.
#include <cstdint>
#include <string_view>

#include "policy/names/naive_glob.hpp"
#include "policy/names/naive_host.hpp"
#include "ssmgate/names/document.hpp"
#include "ssmgate/names/endpoint.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/names/host.hpp"
#include "ssmgate/names/port.hpp"
#include "ssmgate/names/target.hpp"
#include "support/fuzz_check.hpp"

using namespace ssmgate;

namespace {

void check_host(std::string_view text) {
  const auto host = parse_host(text);
  FUZZ_CHECK((host ? host->text() : "refused") == naive::canonical_host(std::string(text)));
  if (!host) return;
  const auto again = parse_host(host->text());
  FUZZ_CHECK(again && *again == *host && again->text() == host->text());
  FUZZ_CHECK(is_guarded_host(*host) == naive::is_guarded(host->text()));
  const auto pattern = parse_host_pattern(host->text());
  if (host->text() != "any")
    FUZZ_CHECK(pattern && pattern->matches(*host) && pattern->grants(*host));
}

void check_pattern(std::string_view pattern_text, std::string_view host_text) {
  const auto pattern = parse_host_pattern(pattern_text);
  const auto host = parse_host(host_text);
  if (!pattern) {
    FUZZ_CHECK(!pattern.error().empty());
    return;
  }
  if (host && pattern->grants(*host)) FUZZ_CHECK(pattern->matches(*host));
  if (host && !is_guarded_host(*host))
    FUZZ_CHECK(pattern->grants(*host) == pattern->matches(*host));
}

void check_other_names(std::string_view text) {
  if (const auto document = parse_document(text, {})) {
    FUZZ_CHECK(*parse_document(document->text(), {}) == *document);
  }
  if (const auto endpoint = find_endpoint(text)) {
    FUZZ_CHECK(find_endpoint(endpoint->host)->host == endpoint->host);
    FUZZ_CHECK(!endpoint->region.empty() && !endpoint->partition.empty());
  }
  if (const auto port = parse_local_port(text)) FUZZ_CHECK(std::to_string(*port) == text);
  if (const auto target = parse_target(text)) FUZZ_CHECK(target->text() == text);
  if (const auto address = parse_ip_address(text)) {
    FUZZ_CHECK(parse_ip_address(render_ip_address(*address)) == address);
  }
}

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

void check_globs(std::string_view a, std::string_view b) {
  const bool matches = glob_matches(a, b);
  if (a.size() <= 12 && b.size() <= 16 && is_ascii(b)) {
    FUZZ_CHECK(matches == naive::glob_matches(a, b));
  }
  if (a.size() + b.size() > 400) return;
  FUZZ_CHECK(globs_intersect(a, b) == globs_intersect(b, a));
  if (matches && !has_glob(b)) FUZZ_CHECK(globs_intersect(a, b));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_host(text);
  check_other_names(text);
  const std::size_t cut = text.find('\n');
  if (cut == std::string_view::npos) return 0;
  check_pattern(text.substr(0, cut), text.substr(cut + 1));
  check_globs(text.substr(0, cut), text.substr(cut + 1));
  return 0;
}
