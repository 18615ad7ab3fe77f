#include "rules/facts.hpp"

namespace ssmgate {
namespace {

const CatalogueEntry* catalogue_entry(const Document& document) noexcept {
  return document.owner() == Document::Owner::aws ? find_catalogued(document.name()) : nullptr;
}

}  // namespace

Facts::Facts(const CompiledRules& policy, const Caller& from, const Claims& claimed,
             const StartSession& asked)
    : caller(from),
      claims(claimed),
      request(asked),
      document(asked.document ? *asked.document : *policy.default_canonical),
      catalogued(catalogue_entry(document)),
      client(unmapped(from.client)),
      now(to_instant(from.now)),
      port_(asked.port) {
  if (!claims.region.empty()) {
    place.region = claims.region;
    place.partition = partition_of_region(claims.region);
  }
  if (catalogued == nullptr) return;
  if (!request.host && !catalogued->default_host.empty()) {
    const auto parsed = parse_host(catalogued->default_host);
    if (parsed) default_host_ = *parsed;
  }
  if (!port_ && !catalogued->default_port.empty()) port_ = parse_port(catalogued->default_port);
}

const Host* Facts::host() const noexcept {
  if (request.host) return &*request.host;
  return default_host_ ? &*default_host_ : nullptr;
}

std::string_view Facts::default_value(std::string_view parameter) const noexcept {
  if (catalogued == nullptr) return {};
  if (parameter == "localPortNumber") return catalogued->default_local_port;
  return {};
}

}  // namespace ssmgate
