// `ssmgate ca`: what clients are to trust, written out. Its other subcommands have a file each.
#include "commands/ca.hpp"

#include <cstdio>
#include <memory>

#include "commands/command.hpp"
#include "commands/output.hpp"
#include "commands/settings.hpp"
#include "tls/file.hpp"

namespace ssmgate::commands {
namespace {

struct ExportOptions {
  std::optional<std::filesystem::path> config;
  bool der = false;
};

std::string trusted_pem(const tls::CaState& state) {
  std::string text = tls::to_pem(state.in_force.get());
  for (const auto& other : state.others) text += tls::to_pem(other.get());
  return text;
}

int put(const std::string& bytes) {
  const bool good = std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
  if (good && std::fflush(stdout) == 0) return 0;
  return fail("standard output cannot be written");
}

int export_ca(const ExportOptions& options) {
  return with_ca(options.config, [&](const config::Config&, const tls::CaState& state) {
    if (!options.der) return put(trusted_pem(state));
    if (!state.others.empty()) {
      std::fprintf(stderr,
                   "ssmgate: warning: DER holds one certificate, and this is the one that signs "
                   "now; the file has %zu more: leave --der out for all\n",
                   state.others.size());
    }
    unsigned char* der = nullptr;
    const int size = i2d_X509(state.in_force.get(), &der);
    if (size <= 0) return fail("cannot write DER: " + tls::take_errors());
    const std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return put(bytes);
  });
}

int print_bundle(const std::optional<std::filesystem::path>& config_file) {
  return with_ca(config_file, [](const config::Config& settings, const tls::CaState& state) {
    const auto roots = tls::read_file(settings.upstream.ca_file, tls::Privacy::none);
    if (const auto* fault = std::get_if<tls::AuthorityFault>(&roots)) {
      return fail(fault->text + "; it is `upstream.ca_file`");
    }
    return put(trusted_pem(state) + std::get<std::string>(roots));
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
