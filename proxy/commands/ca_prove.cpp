// `ssmgate ca prove`: forged certificates, and whether the clients of this machine believe them.
//
// Nothing that a client would believe is ever forged: the names are foreign ones, the certificates
// are good for ten minutes, and the folder with them is gone at the end.

#include <cstdio>
#include <fstream>
#include <memory>

#include "commands/ca.hpp"
#include "commands/ca_prove_clients.hpp"
#include "commands/output.hpp"
#include "commands/settings.hpp"
#include "state/temporary_folder.hpp"
#include "tls/ca_files.hpp"
#include "tls/constraints.hpp"
#include "tls/file_write.hpp"

namespace ssmgate::commands {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOwn = "ssm.us-east-1.amazonaws.com";
constexpr std::chrono::minutes kLife{10};

struct Case {
  bool by_gateway;  // signed as the gateway signs for kOwn; else by the CA's key itself
  bool must_be_believed;
  const char* name;  // in the certificate
  const char* host;  // what the client asks for
};

constexpr Case kCases[] = {
    {true, true, kOwn, kOwn},
    {true, false, "example.com", "example.com"},
    {true, false, "amazonaws.com", "amazonaws.com"},
    {true, false, "s3.amazonaws.com", "s3.amazonaws.com"},
    {true, false, "sts.amazonaws.com", "sts.amazonaws.com"},
    {true, false, "sts.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com"},
    {true, false, "ssm.eu-west-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com"},
    {true, false, "*.amazonaws.com", "s3.amazonaws.com"},
    {true, false, "127.0.0.1", "127.0.0.1"},
    {false, true, kOwn, kOwn},
    {false, false, "example.com", "example.com"},
    {false, false, "*.example.com", "www.example.com"},
    {false, false, "amazonaws.com.example.com", "amazonaws.com.example.com"},
    {false, false, "127.0.0.1", "127.0.0.1"},
};

[[nodiscard]] bool write(const fs::path& folder, const std::string& name, const std::string& text) {
  std::ofstream file(folder / name, std::ios::binary);
  file << text;
  return file.good();
}

tls::CertificatePtr forge(EVP_PKEY* key, const tls::Signer& signer, const Case& each,
                          const tls::Lifetime& life) {
  if (std::string_view(each.name) == "127.0.0.1") {
    return tls::make_address_leaf(key, signer, {127, 0, 0, 1}, life);
  }
  return tls::make_leaf(key, signer, each.name, life);
}

// Writes one case's files. `chain`: what stands between the leaf and what clients trust.
bool write_case(const fs::path& folder, int number, const Case& each, const tls::Signer& signer,
                const std::string& chain, const tls::Lifetime& life) {
  const tls::KeyPtr key = tls::make_key();
  if (key == nullptr) return false;
  const auto leaf = forge(key.get(), signer, each, life);
  if (leaf == nullptr) return false;
  const std::string own = tls::to_pem(leaf.get());
  const std::string name = std::to_string(number);
  return write(folder, name + ".leaf.pem", own) && write(folder, name + ".chain.pem", chain) &&
         write(folder, name + ".full.pem", own + chain) &&
         write(folder, name + ".key.pem", tls::key_pem(key.get()));
}

bool write_cases(const fs::path& folder, tls::PemPair& pair) {
  tls::Signer ca;
  ca.certificate = std::move(pair.certificates.front());
  ca.key = std::move(pair.key);
  const auto now = tls::Clock::now();
  const tls::Lifetime life{now - kLife, now + kLife};
  std::string trusted = tls::to_pem(ca.certificate.get());
  for (std::size_t i = 1; i < pair.certificates.size(); ++i) {
    trusted += tls::to_pem(pair.certificates[i].get());
  }
  tls::Signer intermediate;
  const bool has_intermediate = tls::may_sign_ca(ca.certificate.get());
  if (has_intermediate) {
    intermediate.key = tls::make_key();
    intermediate.certificate = tls::make_intermediate(intermediate.key.get(), ca, {kOwn}, life);
    if (intermediate.certificate == nullptr) return false;
  }
  const std::string chain = has_intermediate ? tls::to_pem(intermediate.certificate.get()) : "";
  std::string manifest;
  int number = 0;
  for (const Case& each : kCases) {
    const bool below = each.by_gateway && has_intermediate;
    if (!write_case(folder, number, each, below ? intermediate : ca, below ? chain : "", life)) {
      return false;
    }
    manifest += std::to_string(number++) + " " + each.host + "\n";
  }
  return write(folder, "manifest", manifest) && write(folder, "ca.pem", trusted);
}

struct Column {
  const ProofClient* client;
  std::map<int, Verdict> verdicts;
  bool noted = false;  // it believed what it is known to believe
};

// What stands in the table, and whether it is as it has to be.
bool judge(Column& column, int number, const Case& each, std::string& shown) {
  const auto found = column.verdicts.find(number);
  if (found == column.verdicts.end()) {
    shown = "no answer";
    return false;
  }
  shown = found->second.accepted ? "accepted" : "refused";
  if (found->second.accepted == each.must_be_believed) return true;
  // Known of such a client, and why the gateway signs by an intermediate: noted, not counted.
  const bool noted = !each.by_gateway && !column.client->heeds_root && found->second.accepted;
  column.noted = column.noted || noted;
  shown += noted ? " (*)" : " (!)";
  return noted;
}

void print_head(const std::vector<Column>& columns) {
  std::printf("%-42s", "");
  for (const Column& column : columns) std::printf("  %-12s", column.client->name.c_str());
  std::printf("\n");
}

bool print_table(std::vector<Column>& columns) {
  bool all = true;
  int number = 0;
  for (const Case& each : kCases) {
    if (number == 0) std::printf("signed as the gateway signs for %s\n", kOwn);
    if (number > 0 && kCases[number - 1].by_gateway && !each.by_gateway) {
      std::printf("signed by whoever has the CA's key\n");
    }
    std::printf("  %-40s", each.name);
    for (Column& column : columns) {
      std::string shown;
      all = judge(column, number, each, shown) && all;
      std::printf("  %-12s", shown.c_str());
    }
    std::printf("\n");
    ++number;
  }
  return all;
}

// The last line: what all verdicts come to.
void print_verdict(const std::vector<Column>& columns, bool all) {
  if (!all) {
    std::printf("(!) is not as it has to be: do not trust this CA in that client\n");
    return;
  }
  std::string noted;
  for (const Column& column : columns) {
    if (column.noted) noted += (noted.empty() ? "" : ", ") + column.client->name;
  }
  if (noted.empty()) {
    std::printf("every forged certificate was refused, and SSM's accepted\n");
  } else {
    std::printf(
        "%s believes whoever has the CA's key for any host (*); every other forged certificate was "
        "refused, and SSM's accepted\n",
        noted.c_str());
  }
}

int prove(const std::optional<std::filesystem::path>& config_file) {
  const auto found = find_settings(config_file);
  if (!found) return 2;
  auto loaded = tls::load_pair(found->config.ca_certificate, found->config.ca_key);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&loaded)) return fail(fault->text);
  const state::TemporaryFolder folder("prove");
  if (folder.error()) return fail(folder.fault());
  if (!write_cases(folder.path(), std::get<tls::PemPair>(loaded))) {
    return fail("the certificates to be refused could not be made: " + tls::take_errors());
  }
  std::vector<Column> columns;
  std::string missing;
  for (const ProofClient& client : proof_clients()) {
    if (is_installed(client.command)) {
      columns.push_back({&client, ask_client(client, folder.path())});
    } else {
      missing += " " + client.command;
    }
  }
  if (columns.empty()) return fail("there is no client here to ask; install one of:" + missing);
  print_head(columns);
  const bool all = print_table(columns);
  std::printf(
      "\n(*) does not look at a root's own constraints; what the gateway signs is held by "
      "its intermediate\n");
  if (!missing.empty()) std::printf("not installed, not asked:%s\n", missing.c_str());
  print_verdict(columns, all);
  return all ? 0 : 1;
}

}  // namespace

void add_ca_prove(CLI::App& ca, int& exit_status) {
  auto file = std::make_shared<std::optional<std::filesystem::path>>();
  CLI::App* command = ca.add_subcommand(
      "prove",
      "Forge certificates for other hosts, and show that this machine's clients refuse "
      "them");
  add_config_option(*command, *file);
  command->callback([file, &exit_status] { exit_status = prove(*file); });
}

}  // namespace ssmgate::commands
