#include "flow/generation.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "config/reread.hpp"
#include "flow/fingerprint.hpp"
#include "flow/gateway.hpp"
#include "flow/route.hpp"
#include "state/signed_file.hpp"
#include "tls/upstream_context.hpp"

namespace ssmgate::flow {
namespace asio = boost::asio;
namespace fs = std::filesystem;
namespace {

StartFault start_fault(std::string line) {
  return StartFault{{"ssmgate: " + std::move(line)}};
}

std::variant<StartFault, std::shared_ptr<const Policy>> load_policy_of(
    const config::Config& settings, bool again) {
  if (!settings.policy) return load_policy(builtin_policy_text()).policy;
  auto text =
      again ? config::read_again(*settings.policy) : config::read_text_file(*settings.policy);
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

// Where a connection would come back to this gateway.
net::AddressFilter own_listeners(const Gateway& gateway) {
  return [&gateway](const asio::ip::tcp::endpoint& endpoint) {
    const IpAddress plain = to_ip_address(endpoint.address());
    return gateway.is_own_listener(find_real_address(plain).value_or(plain), endpoint.port());
  };
}

std::variant<StartFault, std::shared_ptr<WayOut>> make_way_out(const config::Config& settings,
                                                               Gateway& gateway) {
  const config::Upstream& upstream = settings.upstream;
  std::optional<ParentProxy> parent;
  if (upstream.proxy) {
    auto prepared = prepare_parent(*upstream.proxy, upstream.ca_file);
    if (const auto* faults = std::get_if<std::vector<std::string>>(&prepared)) {
      StartFault fault;
      for (const std::string& line : *faults) fault.lines.push_back("ssmgate: " + line);
      return fault;
    }
    parent = std::get<ParentProxy>(std::move(prepared));
  }
  return std::make_shared<WayOut>(gateway.resolver, upstream, std::move(parent),
                                  own_listeners(gateway));
}

// For SSM's own hosts: behind a VPC endpoint, or in a test, they are private addresses.
net::AddressFilter endpoint_filter(const config::Egress& egress) {
  return [egress](const asio::ip::tcp::endpoint& endpoint) {
    return is_denied_address(to_ip_address(endpoint.address()), egress, true);
  };
}

std::variant<StartFault, std::monostate> take_authority(const config::Config& settings,
                                                        const Generation* running,
                                                        Generation::Parts& parts) {
  const fs::path& certificate = settings.ca_certificate;
  const fs::path& key = settings.ca_key;
  parts.authority_fingerprint = fingerprint({certificate, key});
  const bool same_files = running != nullptr && running->config.ca_certificate == certificate &&
                          running->config.ca_key == key;
  const bool unread = parts.authority_fingerprint.empty();
  if (unread && running != nullptr) {
    // At a start it would be made anew; here every client that trusts the old one would break.
    return start_fault("the CA in `" + certificate.string() + "` and `" + key.string() + "` " +
                       (same_files ? "cannot be read any more; bring both files back"
                                   : "cannot be read, and a reload makes none; bring both files "
                                     "there, or restart the gateway to have one made"));
  }
  if (same_files && parts.authority_fingerprint == running->authority_fingerprint &&
      settings.intercept == running->config.intercept) {
    parts.authority = running->authority;
    return std::monostate();
  }
  auto opened = tls::Authority::open(certificate, key, std::chrono::system_clock::now(),
                                     settings.intercept.hosts);
  if (auto* fault = std::get_if<tls::AuthorityFault>(&opened)) return start_fault(fault->text);
  parts.authority = std::get<std::unique_ptr<tls::Authority>>(std::move(opened));
  if (unread) {
    spdlog::info("made a CA, `{}`: clients have to trust it (`ssmgate env`)", certificate.string());
    parts.authority_fingerprint = fingerprint({certificate, key});
  }
  return std::monostate();
}

std::variant<StartFault, std::monostate> take_upstreams(const config::Config& settings,
                                                        Gateway& gateway, const Generation* running,
                                                        Generation::Parts& parts) {
  parts.roots_fingerprint = stamp(config::upstream_files_of(settings.upstream));
  if (running != nullptr && settings.upstream == running->config.upstream &&
      settings.egress == running->config.egress &&
      parts.roots_fingerprint == running->roots_fingerprint && !parts.roots_fingerprint.empty()) {
    parts.upstreams = running->upstreams;
    return std::monostate();
  }
  auto context = tls::make_upstream_context(settings.upstream.ca_file);
  if (auto* fault = std::get_if<tls::AuthorityFault>(&context)) return start_fault(fault->text);
  auto way_out = make_way_out(settings, gateway);
  if (auto* fault = std::get_if<StartFault>(&way_out)) return std::move(*fault);
  parts.upstreams =
      std::make_shared<Upstreams>(settings, std::get<tls::ContextPtr>(std::move(context)),
                                  std::get<std::shared_ptr<WayOut>>(std::move(way_out)));
  return std::monostate();
}

std::variant<StartFault, std::monostate> take_entrances(const config::Config& settings,
                                                        const Generation* running,
                                                        Generation::Parts& parts) {
  auto opened = open_entrances(
      settings, running != nullptr ? running->entrances : std::vector<EntrancePtr>());
  if (auto* lines = std::get_if<std::vector<std::string>>(&opened)) {
    return StartFault{std::move(*lines)};
  }
  parts.entrances = std::get<std::vector<EntrancePtr>>(std::move(opened));
  return std::monostate();
}

std::variant<StartFault, std::monostate> take_audit(const config::Config& settings,
                                                    const Generation* running,
                                                    Generation::Parts& parts) {
  parts.log_servers_fingerprint = fingerprint(config::log_server_files_of(settings.audit));
  if (running != nullptr && settings.audit.sinks == running->config.audit.sinks) {
    parts.audit = running->audit;
    return std::monostate();
  }
  auto opened = state::open_audit_log(settings.audit, settings.state);
  if (auto* fault = std::get_if<state::SinkFault>(&opened)) return start_fault(fault->text);
  parts.audit = std::get<std::unique_ptr<state::AuditLog>>(std::move(opened));
  return std::monostate();
}

}  // namespace

Upstreams::Upstreams(const config::Config& settings, tls::ContextPtr context,
                     std::shared_ptr<WayOut> way)
    : way_out(std::move(way)),
      pool(way_out, std::move(context), endpoint_filter(settings.egress)) {}

Generation::Generation(config::Config settings, Parts parts)
    : config(std::move(settings)),
      policy(std::move(parts.policy)),
      authority(std::move(parts.authority)),
      audit(std::move(parts.audit)),
      entrances(std::move(parts.entrances)),
      upstreams(std::move(parts.upstreams)),
      way_out(upstreams->way_out),
      pool(upstreams->pool),
      authority_fingerprint(std::move(parts.authority_fingerprint)),
      roots_fingerprint(std::move(parts.roots_fingerprint)),
      log_servers_fingerprint(std::move(parts.log_servers_fingerprint)) {}

std::variant<StartFault, GenerationPtr> open_generation(config::Config settings, Gateway& gateway,
                                                        const Generation* running) {
  Generation::Parts parts;
  auto policy = load_policy_of(settings, running != nullptr);
  if (auto* fault = std::get_if<StartFault>(&policy)) return std::move(*fault);
  parts.policy = std::get<std::shared_ptr<const Policy>>(std::move(policy));
  auto done = take_authority(settings, running, parts);
  if (auto* fault = std::get_if<StartFault>(&done)) return std::move(*fault);
  done = take_upstreams(settings, gateway, running, parts);
  if (auto* fault = std::get_if<StartFault>(&done)) return std::move(*fault);
  done = take_entrances(settings, running, parts);
  if (auto* fault = std::get_if<StartFault>(&done)) return std::move(*fault);
  // Last: a sink that is opened leaves a file behind.
  done = take_audit(settings, running, parts);
  if (auto* fault = std::get_if<StartFault>(&done)) return std::move(*fault);
  return std::make_shared<Generation>(std::move(settings), std::move(parts));
}

}  // namespace ssmgate::flow
