#include "flow/generation.hpp"

#include "flow/gateway.hpp"
#include "flow/route.hpp"
#include "tls/upstream_context.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace {

StartFault start_fault(std::string line) {
  return StartFault{{"ssmgate: " + std::move(line)}};
}

std::variant<StartFault, std::shared_ptr<const Policy>> load_policy_of(
    const config::Config& settings) {
  if (!settings.policy) return load_policy(builtin_policy_text()).policy;
  auto text = config::read_text_file(*settings.policy);
  if (auto* unreadable = std::get_if<config::ConfigFault>(&text)) {
    return StartFault{std::move(unreadable->lines)};
  }
  LoadedPolicy loaded = load_policy(std::get<std::string>(text));
  if (loaded.policy) return loaded.policy;
  StartFault fault;
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    fault.lines.push_back(render_diagnostic(settings.policy->string(), diagnostic));
  }
  return fault;
}

net::DialOptions dial_options(const config::Upstream& upstream) {
  net::DialOptions options;
  options.connect_timeout = upstream.connect_timeout;
  for (const auto& [name, address] : upstream.resolve) {
    options.resolve.emplace(
        name, asio::ip::tcp::endpoint(to_asio_address(address.address), address.port));
  }
  return options;
}

// For SSM's own hosts: behind a VPC endpoint, or in a test, they are private addresses.
net::AddressFilter endpoint_filter(const config::Egress& egress) {
  return [egress](const asio::ip::address& address) {
    return is_denied_address(to_ip_address(address), egress, true);
  };
}

}  // namespace

Generation::Generation(config::Config settings, std::shared_ptr<const Policy> rules,
                       std::shared_ptr<tls::Authority> ca, tls::ContextPtr upstream_context,
                       std::shared_ptr<state::AuditLog> log, std::vector<EntrancePtr> doors,
                       net::Resolver& resolver)
    : config(std::move(settings)),
      policy(std::move(rules)),
      authority(std::move(ca)),
      audit(std::move(log)),
      entrances(std::move(doors)),
      dialer(resolver, dial_options(config.upstream)),
      pool(dialer, std::move(upstream_context), endpoint_filter(config.egress)) {}

std::variant<StartFault, GenerationPtr> open_generation(config::Config settings,
                                                        net::Resolver& resolver) {
  auto policy = load_policy_of(settings);
  if (auto* fault = std::get_if<StartFault>(&policy)) return std::move(*fault);
  auto authority = tls::Authority::open(settings.ca_certificate, settings.ca_key,
                                        std::chrono::system_clock::now());
  if (auto* fault = std::get_if<tls::AuthorityFault>(&authority)) return start_fault(fault->text);
  auto context = tls::make_upstream_context(settings.upstream.ca_file);
  if (auto* fault = std::get_if<tls::AuthorityFault>(&context)) return start_fault(fault->text);
  auto entrances = open_entrances(settings);
  if (auto* lines = std::get_if<std::vector<std::string>>(&entrances)) {
    return StartFault{std::move(*lines)};
  }
  auto audit = state::AuditLog::open(settings.audit);
  if (auto* fault = std::get_if<state::SinkFault>(&audit)) return start_fault(fault->text);
  return std::make_shared<Generation>(
      std::move(settings), std::get<std::shared_ptr<const Policy>>(std::move(policy)),
      std::get<std::unique_ptr<tls::Authority>>(std::move(authority)),
      std::get<tls::ContextPtr>(std::move(context)),
      std::get<std::unique_ptr<state::AuditLog>>(std::move(audit)),
      std::get<std::vector<EntrancePtr>>(std::move(entrances)), resolver);
}

}  // namespace ssmgate::flow
