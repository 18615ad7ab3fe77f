// `ssmgate doctor`: what would go wrong in this shell, on this machine and with a running gateway.
//
// Owns: which check sees what, and in which order. Does not own: any check.
// Exit status: 0 all ok, 1 warnings, 2 problems, 3 wrong usage.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>

#include <openssl/err.h>

#include "commands/doctor/audit.hpp"
#include "commands/doctor/authority.hpp"
#include "commands/doctor/aws_config.hpp"
#include "commands/doctor/command.hpp"
#include "commands/doctor/files.hpp"
#include "commands/doctor/gateway.hpp"
#include "commands/doctor/javascript.hpp"
#include "commands/doctor/places.hpp"
#include "commands/doctor/plugin.hpp"
#include "commands/doctor/proxy_variables.hpp"
#include "commands/doctor/regions.hpp"
#include "commands/doctor/running.hpp"
#include "commands/doctor/runtimes.hpp"
#include "commands/doctor/state_folder.hpp"
#include "commands/doctor/trust.hpp"
#include "commands/doctor/upstream.hpp"
#include "commands/output.hpp"
#include "commands/settings.hpp"
#include "tls/file.hpp"

namespace ssmgate::doctor {
namespace {

namespace fs = std::filesystem;

const std::set<std::string> kTopics = {"proxy",   "no-proxy", "endpoint", "trust",   "plugin",
                                       "gateway", "runtime",  "config",   "ca",      "files",
                                       "state",   "policy",   "audit",    "upstream"};

// "TOPIC:{ca,files}": how the command line shows them.
std::string topic_type() {
  std::string text = "TOPIC:{";
  for (const std::string& topic : kTopics) text += (text.back() == '{' ? "" : ",") + topic;
  return text + "}";
}

struct DoctorOptions {
  std::optional<fs::path> config;
  std::string region;
  std::vector<std::string> only;
  bool json = false;
};

class Doctor {
 public:
  explicit Doctor(const DoctorOptions& options)
      : options_(options),
        now_(tls::Clock::now()),
        environment_(this_environment()),
        files_(read_aws_files(environment_)),
        aws_(find_aws_settings(environment_, files_)) {
    own_.config = options.config ? options.config->string() : "";
  }

  // False: `--region` names none.
  bool find_hosts() {
    const std::string region =
        options_.region.empty() ? aws_.region.value_or("us-east-1") : options_.region;
    auto hosts = find_region_hosts(region);
    if (!hosts && options_.region.empty()) hosts = find_region_hosts("us-east-1");
    if (hosts) hosts_ = std::move(*hosts);
    return hosts.has_value();
  }

  Findings examine() {
    look_at_configuration();
    take("config", [&] { return faults_; });
    look_at_shell();
    look_at_gateway();
    if (has_machine_) {
      look_at_machine();
    } else if (faults_.empty()) {
      take("config", [] {
        return Findings{ok("config.none",
                           "no gateway is set up on this machine; what it is made of "
                           "was not looked at")};
      });
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool wants(const std::string& topic) const {
    return options_.only.empty() || std::ranges::find(options_.only, topic) != options_.only.end();
  }
  template <class Check>
  void take(const std::string& topic, Check check) {
    if (wants(topic)) append(found_, check());
  }

  void look_at_configuration() {
    auto found = config::find_config(options_.config);
    if (const auto* fault = std::get_if<config::ConfigFault>(&found)) {
      has_machine_ = false;
      own_.gateway_is_here = false;
      for (const std::string& line : fault->lines) {
        faults_.push_back(
            problem("config.invalid", "the gateway does not start: " + line,
                    "mend that line; ssmgate.yaml(5) and docs/configuration.md have every key"));
      }
      return;
    }
    settings_ = std::move(std::get<config::FoundConfig>(found));
    const config::Config& settings = settings_->config;
    authority_ = gather_authority(settings, certificates_.roots);
    own_.gateway_is_here = !certificates_.roots.empty();
    configured_ = configured_url(settings);
    const ProxySeen seen = find_proxy(environment_);
    has_machine_ = settings_->file || authority_.exists || !seen.botocore ||
                   seen.botocore->find("127.0.0.1") != std::string::npos ||
                   seen.botocore->find("localhost") != std::string::npos;
    own_.gateway_could_be_here = has_machine_ && !own_.gateway_is_here && !authority_.hidden;
  }

  void look_at_shell() {
    take("proxy", [&] {
      Findings found = check_proxy_variables(environment_, own_, configured_);
      std::error_code ignored;
      append(found, check_javascript(gather_javascript(fs::current_path(ignored))));
      return found;
    });
    take("no-proxy", [&] {
      Findings found = check_no_proxy(environment_, hosts_.api, hosts_.channel);
      append(found, check_credential_hosts(environment_));
      return found;
    });
    take("endpoint", [&] {
      static const std::vector<std::string> kNone;
      return check_aws_settings(environment_, files_,
                                settings_ ? settings_->config.intercept.hosts : kNone, hosts_.api);
    });
    take("plugin", [] { return check_plugin(gather_plugin()); });
  }

  // What leads to the gateway: the shell's proxy, else where the configuration says it listens.
  [[nodiscard]] std::optional<config::ProxyUrl> way_to_gateway() const {
    const ProxySeen seen = find_proxy(environment_);
    const std::string url = seen.botocore ? *seen.botocore : seen.go ? *seen.go : configured_;
    if (url.empty()) return std::nullopt;
    auto read = read_proxy(url);
    if (auto* proxy = std::get_if<config::ProxyUrl>(&read)) return std::move(*proxy);
    return std::nullopt;
  }

  void look_at_gateway() {
    if (!wants("gateway") && !wants("runtime") && !wants("trust")) return;
    const auto proxy = way_to_gateway();
    std::optional<GatewayFacts> facts;
    if (proxy) {
      const bool basic = settings_ && settings_->config.listen.front().auth == config::Auth::basic;
      facts = gather_gateway(*proxy, hosts_.api, basic || proxy->username.has_value());
      GatewayView view{hosts_.api, configured_, !certificates_.roots.empty(), false, false, now_};
      view.ours = believes(certificates_.roots, facts->shown);
      view.is_aws = !view.ours && believes(public_roots(), facts->shown);
      take("gateway", [&] { return check_gateway(*facts, view, own_); });
      if (settings_ && own_.gateway_is_here) {
        take("gateway", [&] { return check_running(gather_running(*settings_), view.ours, own_); });
      }
      if (!view.is_aws && facts->outcome == GatewayFacts::Outcome::reached) {
        certificates_.shown = std::move(facts->shown);
      }
    }
    const TrustFacts trust = gather_trust(environment_, aws_, certificates_);
    Findings of_trust = check_trust(trust, own_);
    take("trust", [&] { return of_trust; });
    if (trust.has_proxy && !certificates_.shown.empty()) {
      take("runtime", [&] { return ask_all(*proxy, trust, of_trust); });
    }
  }

  // Nobody is asked what is known already: that its file of roots is wrong.
  Findings ask_all(const config::ProxyUrl& proxy, const TrustFacts& trust,
                   const Findings& of_trust) const {
    RuntimeQuestion question{hosts_.api, proxy, certificates_.shown, {}, {}, true};
    bool bundle_is_right = trust.aws.has_value();
    for (const Finding& each : of_trust) {
      if (each.level == Level::ok) continue;
      if (each.id.starts_with("trust.aws-")) bundle_is_right = each.id == "trust.aws-ca-only";
      if (each.id.starts_with("trust.node-")) question.ask_node = false;
    }
    if (bundle_is_right) {
      question.bundle = trust.aws->path;
      question.bundle_variable = trust.aws->variable;
    }
    return check_runtimes(ask_runtimes(question), own_);
  }

  [[nodiscard]] std::vector<tls::CertificatePtr> public_roots() const {
    std::vector<tls::CertificatePtr> roots;
    const config::Upstream upstream = settings_ ? settings_->config.upstream : config::Upstream();
    const auto text = tls::read_file(upstream.ca_file, tls::Privacy::none);
    if (const auto* pem = std::get_if<std::string>(&text)) {
      if (tls::read_certificates(*pem, roots) != 0) ERR_clear_error();
    }
    return roots;
  }

  void look_at_machine() {
    const config::Config& settings = settings_->config;
    take("config", [&] { return check_egress(settings, settings_->source); });
    take("ca", [&] { return check_authority(authority_, now_, own_); });
    take("files", [&] {
      Findings found = check_files(
          gather_files(settings, settings_->file ? settings_->file->string() : std::string()),
          own_);
      append(found, check_listeners(settings, now_));
      return found;
    });
    take("state", [&] { return check_state(gather_state(settings), own_); });
    take("policy", [&] { return check_policy(settings, now_); });
    take("audit", [&] {
      const SinkView view{settings.audit.on_failure, !authority_.hidden, own_};
      return check_sinks(gather_sinks(settings.audit), view);
    });
    take("upstream", [&] { return check_upstream(settings, hosts_.api); });
  }

  const DoctorOptions& options_;
  const tls::Clock::time_point now_;
  const Environment environment_;
  const AwsFiles files_;
  const AwsSettings aws_;
  OwnCommands own_;
  RegionHosts hosts_;
  std::string configured_;
  std::optional<config::FoundConfig> settings_;
  AuthorityFacts authority_;
  GatewayCertificates certificates_;
  bool has_machine_ = true;
  Findings faults_;
  Findings found_;
};

bool wants_colours(const Environment& environment) {
  return ::isatty(STDOUT_FILENO) == 1 && !find_filled(environment, "NO_COLOR") &&
         find(environment, "TERM").value_or("") != "dumb";
}

int run(const DoctorOptions& options) {
  Doctor doctor(options);
  if (!doctor.find_hosts()) {
    return commands::fail(
        "`" + options.region + "` is no region of AWS; write one like `us-east-1`", 3);
  }
  const Findings findings = doctor.examine();
  const std::string text = options.json ? render_json(findings)
                                        : render_text(findings, wants_colours(this_environment()));
  return commands::write_output(text) ? exit_status(findings) : 3;
}

}  // namespace
}  // namespace ssmgate::doctor

namespace ssmgate::commands {

void add_doctor_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<doctor::DoctorOptions>();
  CLI::App* command = app.add_subcommand(
      "doctor", "Look at this shell, this machine and a running gateway for what would go wrong");
  add_config_option(*command, options->config, "The gateway's configuration file");
  command
      ->add_option("--region", options->region,
                   "The region whose endpoints are asked for (default: the profile's)")
      ->type_name("REGION");
  command->add_option("--only", options->only, "Look at these topics alone, with commas between")
      ->type_name(doctor::topic_type())
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check([](const std::string& topic) {
        return doctor::kTopics.contains(topic) ? std::string() : "no topic `" + topic + "`";
      });
  command->add_flag("--json", options->json, "One JSON object instead of lines");
  command->callback([options, &exit_status] { exit_status = doctor::run(*options); });
}

}  // namespace ssmgate::commands
