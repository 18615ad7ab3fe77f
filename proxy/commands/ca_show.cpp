// `ssmgate ca show`: the certificates of the CA's file, for a person or as JSON.
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>

#include <openssl/bn.h>

#include "commands/ca.hpp"
#include "commands/settings.hpp"
#include "state/audit_record.hpp"
#include "tls/constraints.hpp"
#include "wire/json.hpp"

namespace ssmgate::commands {
namespace {

struct ShowOptions {
  std::optional<std::filesystem::path> config;
  bool json = false;
};

std::string hex(const unsigned char* bytes, std::size_t size, std::string_view between) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) text += between;
    text += kDigits[bytes[i] >> 4U];
    text += kDigits[bytes[i] & 15U];
  }
  return text;
}

std::string fingerprint(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  return hex(digest.data(), size, ":");
}

std::string serial(X509* certificate) {
  const ASN1_INTEGER* number = X509_get0_serialNumber(certificate);
  return hex(ASN1_STRING_get0_data(number), static_cast<std::size_t>(ASN1_STRING_length(number)),
             "");
}

std::string subject(X509* certificate) {
  const tls::BioPtr memory(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(memory.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  const char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

// What the certificate is for just now.
std::string_view role(const tls::CaState& state, std::size_t index) {
  if (index == 0) return "in force";
  if (state.stage == tls::RotationStage::begun && index == state.next + 1) return "next";
  if (state.stage == tls::RotationStage::activated) return "previous";
  return "above";
}

long days_left(const tls::Lifetime& life) {
  using Days = std::chrono::duration<long, std::ratio<86400>>;
  return std::chrono::floor<Days>(life.end - tls::Clock::now()).count();
}

struct Shown {
  std::string_view role;
  X509* certificate;
};

void print_text(const Shown& shown) {
  const tls::Lifetime life = tls::lifetime_of(shown.certificate);
  std::printf("%s: %s\n", std::string(shown.role).c_str(), subject(shown.certificate).c_str());
  std::printf("  serial       %s\n", serial(shown.certificate).c_str());
  std::printf("  sha-256      %s\n", fingerprint(shown.certificate).c_str());
  std::printf("  valid        %s to %s, %ld days left\n", state::render_time(life.begin).c_str(),
              state::render_time(life.end).c_str(), days_left(life));
  const auto names = tls::permitted_names(shown.certificate);
  if (!names) {
    std::printf("  constraints  none: whoever has its key can be any host to clients\n");
    return;
  }
  std::printf("  constraints  names under");
  for (const std::string& name : *names) std::printf(" %s", name.c_str());
  std::printf("; no addresses\n");
}

std::string to_json(const Shown& shown) {
  const tls::Lifetime life = tls::lifetime_of(shown.certificate);
  wire::JsonObject json;
  json.text("role", shown.role)
      .text("subject", subject(shown.certificate))
      .text("serial", serial(shown.certificate))
      .text("sha256", fingerprint(shown.certificate))
      .text("not_before", state::render_time(life.begin))
      .text("not_after", state::render_time(life.end))
      .number("days_left", days_left(life));
  const auto names = tls::permitted_names(shown.certificate);
  if (names) {
    json.texts("permitted", *names);
  } else {
    json.raw("permitted", "null");
  }
  return json.done();
}

void print(const ShowOptions& options, const config::Config& settings,
           const std::vector<Shown>& all) {
  if (!options.json) {
    std::printf("%s\n", settings.ca_certificate.c_str());
    for (const Shown& each : all) print_text(each);
    return;
  }
  std::vector<std::string> certificates;
  certificates.reserve(all.size());
  for (const Shown& each : all) certificates.push_back(to_json(each));
  const std::string text = wire::JsonObject()
                               .text("certificate", settings.ca_certificate.string())
                               .text("key", settings.ca_key.string())
                               .raw("certificates", wire::json_array(certificates))
                               .done();
  std::printf("%s\n", text.c_str());
}

// Which certificate signs, the key alone can say.
int show_without_key(const ShowOptions& options) {
  return with_certificates(options.config, [&](const auto& settings, const auto& certificates) {
    std::vector<Shown> all;
    all.reserve(certificates.size());
    for (const auto& each : certificates) {
      all.push_back({certificates.size() == 1 ? "in force" : "trusted", each.get()});
    }
    print(options, settings, all);
    return 0;
  });
}

int show(const ShowOptions& options) {
  const auto found = find_settings(options.config);
  if (!found) return 2;
  if (is_key_hidden(found->config)) return show_without_key(options);
  return with_ca(options.config, [&](const config::Config& settings, const tls::CaState& state) {
    std::vector<Shown> all = {{role(state, 0), state.in_force.get()}};
    for (std::size_t i = 0; i < state.others.size(); ++i) {
      all.push_back({role(state, i + 1), state.others[i].get()});
    }
    print(options, settings, all);
    return 0;
  });
}

}  // namespace

void add_ca_show(CLI::App& ca, int& exit_status) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command =
      ca.add_subcommand("show", "Show the CA's certificates and what they may sign");
  add_config_option(*command, options->config);
  command->add_flag("--json", options->json, "One JSON object instead of text");
  command->callback([options, &exit_status] { exit_status = show(*options); });
}

}  // namespace ssmgate::commands
