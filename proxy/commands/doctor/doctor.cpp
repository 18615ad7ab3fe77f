// `ssmgate doctor`: what would go wrong in this shell, on this machine and with a running gateway.
//
// Owns: which check sees what, and in which order. Does not own: any check.
// Exit status: 0 all ok, 1 warnings, 2 problems, 3 wrong usage.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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
#include "commands/doctor/plugin.hpp"
#include "commands/doctor/proxy_variables.hpp"
#include "commands/doctor/running.hpp"
#include "commands/doctor/runtimes.hpp"
#include "commands/doctor/trust.hpp"
#include "commands/doctor/upstream.hpp"
#include "commands/output.hpp"
#include "commands/settings.hpp"
#include "config/values.hpp"
#include "ssmgate/names/endpoint.hpp"
#include "tls/file.hpp"
#include "tls/shown_name.hpp"

namespace ssmgate::doctor {
namespace {

namespace fs = std::filesystem;

const std::set<std::string> kTopics = {"proxy",   "no-proxy", "endpoint", "trust", "plugin",
                                       "gateway", "runtime",  "config",   "ca",    "files",
                                       "policy",  "audit",    "upstream"};

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

// Where SDKs look for their configuration.
AwsFile read_aws_file(const Environment& environment, const char* variable, const char* name) {
  AwsFile file;
  const std::string home = find_filled(environment, "HOME").value_or("");
  file.path = find_filled(environment, variable).value_or(home + "/.aws/" + name);
  if (file.path.starts_with("~/")) file.path = home + file.path.substr(1);
  if (::access(file.path.c_str(), F_OK) != 0) return file;
  auto text = tls::read_file(file.path, tls::Privacy::none);
  if (auto* good = std::get_if<std::string>(&text)) {
    file.text = std::move(*good);
  } else if (::access(file.path.c_str(), R_OK) != 0) {
    file.fault = tls::system_words(errno);
  }
  return file;
}

// "ssm" or "ssmmessages" in `region`, under the suffix of the region's partition.
std::optional<std::string> host_in(std::string_view service, const std::string& region) {
  for (const std::string_view suffix : endpoint_suffixes()) {
    const std::string host = std::string(service) + "." + region + "." + std::string(suffix);
    const auto endpoint = find_endpoint(host);
    if (endpoint && endpoint->region == region) return host;
  }
  return std::nullopt;
}

// The URL by which clients reach the configuration's first listener; empty: nobody can say.
std::string configured_url(const config::Config& settings) {
  const config::Listener& listener = settings.listen.front();
  config::SocketAddress address = listener.bind;
  if (address.port == 0) return {};
  if (address.address == IpAddress::v4({0, 0, 0, 0})) {
    address.address = IpAddress::v4({127, 0, 0, 1});
  }
  if (address.address == IpAddress::v6({})) address.address = *parse_ip_address("::1");
  if (!listener.tls) return "http://" + config::render_socket_address(address);
  const auto shown =
      tls::find_shown_name(listener.tls->certificate, render_ip_address(address.address));
  const auto* name = std::get_if<tls::ShownName>(&shown);
  return name == nullptr ? "" : "https://" + name->name + ":" + std::to_string(address.port);
}

class Doctor {
 public:
  explicit Doctor(const DoctorOptions& options)
      : options_(options),
        now_(tls::Clock::now()),
        environment_(this_environment()),
        files_{read_aws_file(environment_, "AWS_CONFIG_FILE", "config"),
               read_aws_file(environment_, "AWS_SHARED_CREDENTIALS_FILE", "credentials")},
        aws_(find_aws_settings(environment_, files_)) {
    own_.config = options.config ? options.config->string() : "";
  }

  // False: `--region` names none.
  bool find_hosts() {
    const std::string region =
        options_.region.empty() ? aws_.region.value_or("us-east-1") : options_.region;
    auto api = host_in("ssm", region);
    if (!api && options_.region.empty()) api = host_in("ssm", "us-east-1");
    if (!api) return false;
    api_ = *api;
    channel_ = "ssmmessages" + api_.substr(3);
    return true;
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
        faults_.push_back(problem("config.invalid", "the gateway does not start: " + line,
                                  "mend that line; docs/configuration.md has every key"));
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
    own_.gateway_could_be_here = has_machine_ && !own_.gateway_is_here;
  }

  void look_at_shell() {
    take("proxy", [&] {
      Findings found = check_proxy_variables(environment_, own_, configured_);
      std::error_code ignored;
      append(found, check_javascript(gather_javascript(fs::current_path(ignored))));
      return found;
    });
    take("no-proxy", [&] {
      Findings found = check_no_proxy(environment_, api_, channel_);
      append(found, check_credential_hosts(environment_));
      return found;
    });
    take("endpoint", [&] {
      static const std::vector<std::string> kNone;
      return check_aws_settings(environment_, files_,
                                settings_ ? settings_->config.intercept.hosts : kNone, api_);
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
      facts = gather_gateway(*proxy, api_, basic || proxy->username.has_value());
      GatewayView view{api_, configured_, !certificates_.roots.empty(), false, false, now_};
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
    const Findings of_trust = check_trust(trust, own_);
    take("trust", [&] { return of_trust; });
    if (trust.has_proxy && !certificates_.shown.empty()) {
      take("runtime", [&] { return ask_all(*proxy, trust, of_trust); });
    }
  }

  // Nobody is asked what is known already: that its file of roots is wrong.
  Findings ask_all(const config::ProxyUrl& proxy, const TrustFacts& trust,
                   const Findings& of_trust) const {
    RuntimeQuestion question{api_, proxy, certificates_.shown, {}, {}, true};
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
    take("config",
         [&] { return Findings{ok("config.valid", "the configuration is " + settings_->source)}; });
    const config::Config& settings = settings_->config;
    take("ca", [&] { return check_authority(authority_, now_, own_); });
    take("files", [&] {
      Findings found = check_files(
          gather_files(settings, settings_->file ? settings_->file->string() : std::string()));
      append(found, check_listeners(settings, now_));
      return found;
    });
    take("policy", [&] { return check_policy(settings, now_); });
    take("audit",
         [&] { return check_sinks(gather_sinks(settings.audit), settings.audit.on_failure); });
    take("upstream", [&] { return check_upstream(settings.upstream, api_); });
  }

  const DoctorOptions& options_;
  const tls::Clock::time_point now_;
  const Environment environment_;
  const AwsFiles files_;
  const AwsSettings aws_;
  OwnCommands own_;
  std::string api_;
  std::string channel_;
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
  command->add_option("--only", options->only, "Look at this topic alone; may stand several times")
      ->type_name(doctor::topic_type())
      ->take_all()
      ->check([](const std::string& topic) {
        return doctor::kTopics.contains(topic) ? std::string() : "no topic `" + topic + "`";
      });
  command->add_flag("--json", options->json, "One JSON object instead of lines");
  command->callback([options, &exit_status] { exit_status = doctor::run(*options); });
}

}  // namespace ssmgate::commands
