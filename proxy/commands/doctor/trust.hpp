// The files of roots that clients are told to believe: what each holds, and what comes of it.
//
// Owns: AWS_CA_BUNDLE and its like. Does not own: asking the runtimes themselves (runtimes.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "commands/doctor/aws_config.hpp"
#include "commands/doctor/finding.hpp"
#include "commands/doctor/surroundings.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::doctor {

// What the gateway is to be known by: its roots, and what it showed (its own first).
struct GatewayCertificates {
  std::vector<tls::CertificatePtr> roots;  // empty: its CA is not on this machine
  std::vector<tls::CertificatePtr> shown;  // empty: no handshake was had with it
};

struct Bundle {
  std::string fault;  // why it cannot be used, in words; empty: it can
  std::size_t certificates = 0;
  bool believes_gateway = false;
  bool knows = true;       // false: nothing to compare it with
  std::size_t others = 0;  // certificates that are not the gateway's
};

// Reads `path` as a client would.
[[nodiscard]] Bundle read_bundle(const std::string& path, const GatewayCertificates& gateway);
// True when what was shown is believed by `roots`, whatever the clock says.
[[nodiscard]] bool believes(const std::vector<tls::CertificatePtr>& roots,
                            const std::vector<tls::CertificatePtr>& shown);

// A variable, or `ca_bundle`, that names a file.
struct NamedBundle {
  std::string variable;  // "AWS_CA_BUNDLE", "FILE:LINE"
  std::string path;      // empty: set to nothing
  std::string mend;      // of `ca_bundle`; empty: a variable
  Bundle bundle;
};

struct TrustFacts {
  std::optional<NamedBundle> aws;  // what botocore goes by; absent: its own roots
  std::optional<NamedBundle> ssl_cert_file;
  std::optional<NamedBundle> node;
  bool node_is_installed = false;
  bool has_proxy = false;  // this shell has one at all
};

// Reads the files that the environment and the profile name.
[[nodiscard]] TrustFacts gather_trust(const Environment& environment, const AwsSettings& aws,
                                      const GatewayCertificates& gateway);

[[nodiscard]] Findings check_trust(const TrustFacts& facts, const OwnCommands& own);

}  // namespace ssmgate::doctor
