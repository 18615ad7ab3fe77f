// `ssmgate ca`: what clients are to trust, written out. Its other subcommands have a file each.
#include "commands/ca.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "commands/command.hpp"
#include "commands/output.hpp"
#include "commands/settings.hpp"
#include "tls/ca_files.hpp"
#include "tls/file.hpp"

namespace ssmgate::commands {
namespace {

struct ExportOptions {
  std::optional<std::filesystem::path> config;
  bool der = false;
};

std::string trusted_pem(const std::vector<tls::CertificatePtr>& certificates) {
  std::string text;
  for (const auto& each : certificates) text += tls::to_pem(each.get());
  return text;
}

int put(const std::string& bytes) {
  const bool good = std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
  if (good && std::fflush(stdout) == 0) return 0;
  return fail("standard output cannot be written");
}

int put_der(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return fail("cannot write DER: " + tls::take_errors());
  const std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return put(bytes);
}

int export_ca(const ExportOptions& options) {
  return with_certificates(options.config, [&](const auto& settings, const auto& certificates) {
    if (!options.der) return put(trusted_pem(certificates));
    if (certificates.size() == 1) return put_der(certificates.front().get());
    // Which of them it is, the key says.
    return with_ca(options.config, [&](const config::Config&, const tls::CaState& state) {
      std::fprintf(stderr,
                   "ssmgate: warning: DER holds one certificate, and this is the one that signs "
                   "now; `%s` has %zu more: leave --der out for all\n",
                   settings.ca_certificate.c_str(), state.others.size());
      return put_der(state.in_force.get());
    });
  });
}

int print_bundle(const std::optional<std::filesystem::path>& config_file) {
  return with_certificates(config_file, [](const auto& settings, const auto& certificates) {
    const auto roots = tls::read_file(settings.upstream.ca_file, tls::Privacy::none);
    if (const auto* fault = std::get_if<tls::AuthorityFault>(&roots)) {
      return fail(fault->text + "; it is `upstream.ca_file`");
    }
    return put(trusted_pem(certificates) + std::get<std::string>(roots));
  });
}

}  // namespace

int with_ca(const std::optional<std::filesystem::path>& config_file, const CaAction& act) {
  const auto found = find_settings(config_file);
  if (!found) return 2;
  const config::Config& settings = found->config;
  const tls::Rotation rotation(settings.ca_certificate, settings.ca_key);
  const auto looked = rotation.look();
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&looked)) return fail(fault->text);
  return act(settings, std::get<tls::CaState>(looked));
}

int with_certificates(const std::optional<std::filesystem::path>& config_file,
                      const CertificatesAction& act) {
  const auto found = find_settings(config_file);
  if (!found) return 2;
  auto loaded = tls::load_certificates(found->config.ca_certificate);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&loaded)) {
    std::error_code error;
    const auto type = std::filesystem::status(found->config.ca_certificate, error).type();
    const bool absent = type == std::filesystem::file_type::not_found;
    return fail(absent ? "there is no CA at `" + found->config.ca_certificate.string() +
                             "` yet; type `ssmgate init`, or start the gateway"
                       : fault->text);
  }
  return act(found->config, std::get<std::vector<tls::CertificatePtr>>(loaded));
}

bool is_key_hidden(const config::Config& settings) {
  return ::access(settings.ca_key.c_str(), R_OK) != 0 && errno == EACCES;
}

void add_ca_command(CLI::App& app, int& exit_status) {
  CLI::App* ca = app.add_subcommand("ca", "The certificate authority that clients are to trust");
  ca->require_subcommand(1);
  add_ca_show(*ca, exit_status);

  auto options = std::make_shared<ExportOptions>();
  CLI::App* to_export =
      ca->add_subcommand("export", "Print what clients are to trust (both roots in a rotation)");
  add_config_option(*to_export, options->config);
  to_export->add_flag("--der", options->der, "DER instead of PEM: the root that signs now");
  to_export->callback([options, &exit_status] { exit_status = export_ca(*options); });

  auto file = std::make_shared<std::optional<std::filesystem::path>>();
  CLI::App* bundle = ca->add_subcommand(
      "bundle",
      "Print the same and the roots of `upstream.ca_file`: for AWS_CA_BUNDLE, which "
      "replaces a client's roots");
  add_config_option(*bundle, *file);
  bundle->callback([file, &exit_status] { exit_status = print_bundle(*file); });

  add_ca_rotate(*ca, exit_status);
  add_ca_prove(*ca, exit_status);
}

}  // namespace ssmgate::commands
