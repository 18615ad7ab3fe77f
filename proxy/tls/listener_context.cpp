#include "tls/listener_context.hpp"

#include <vector>

#include "tls/client_trust.hpp"
#include "tls/file.hpp"
#include "tls/key_pair.hpp"
#include "tls/server_context.hpp"

namespace ssmgate::tls {
std::variant<AuthorityFault, ContextPtr> make_listener_context(const ListenerFiles& files,
                                                               Clock::time_point now) {
  auto loaded = load_key_pair(files.certificate, files.key, now);
  if (auto* fault = std::get_if<AuthorityFault>(&loaded)) return std::move(*fault);
  const auto& [chain, key] = std::get<KeyPair>(loaded);
  std::vector<X509*> above;
  for (std::size_t i = 1; i < chain.size(); ++i) above.push_back(chain[i].get());
  ContextPtr context = make_server_context(chain.front().get(), key.get(), above);
  if (context == nullptr)
    return AuthorityFault{quoted(files.certificate) + " cannot be used: " + take_errors()};
  if (files.client_ca) {
    auto required = require_client_certificate(context.get(), *files.client_ca, files.crl);
    if (auto* fault = std::get_if<AuthorityFault>(&required)) return std::move(*fault);
  }
  return context;
}

}  // namespace ssmgate::tls
