// A StartSession as it is judged: defaults applied, names looked up once.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rules/compiled.hpp"
#include "ssmgate/rules/decide.hpp"

namespace ssmgate {

// Views into the caller, the request and the policy, which must outlive it.
class Facts {
 public:
  Facts(const CompiledRules& policy, const Caller& caller, const Claims& claims,
        const StartSession& request);
  Facts(const Facts&) = delete;
  Facts& operator=(const Facts&) = delete;

  const Caller& caller;
  const Claims& claims;
  const StartSession& request;
  const Document& document;          // the policy's default where the request names none
  const CatalogueEntry* catalogued;  // null: outside the catalogue
  Place place;
  IpAddress client;  // unmapped
  Instant now;

  // As the request gives them or, where the catalogue has one, the document's default.
  [[nodiscard]] const Host* host() const noexcept;
  [[nodiscard]] std::optional<std::uint16_t> port() const noexcept { return port_; }
  // The default of a parameter that the request lacks; empty: none.
  [[nodiscard]] std::string_view default_value(std::string_view parameter) const noexcept;

 private:
  std::optional<Host> default_host_;
  std::optional<std::uint16_t> port_;
};

}  // namespace ssmgate
