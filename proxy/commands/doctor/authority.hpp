// The gateway's CA as its files are: validity, constraints, a rotation that was left half-way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/doctor/finding.hpp"
#include "commands/doctor/surroundings.hpp"
#include "config/config.hpp"
#include "tls/certificate.hpp"
#include "tls/rotation.hpp"

namespace ssmgate::doctor {

struct AuthorityFacts {
  bool exists = false;  // either file
  bool hidden = false;  // one of them is not ours to read
  std::string fault;    // in the words of `serve`; empty: it can be used
  tls::RotationStage stage = tls::RotationStage::none;
  tls::Lifetime life;
  std::optional<tls::Clock::time_point> next_since;  // of a rotation that has begun
  bool constrained = true;
  std::string certificate;  // its file
};
// `roots`: the certificates of its file, as far as it can be read.
[[nodiscard]] AuthorityFacts gather_authority(const config::Config& settings,
                                              std::vector<tls::CertificatePtr>& roots);

[[nodiscard]] Findings check_authority(const AuthorityFacts& facts, tls::Clock::time_point now,
                                       const OwnCommands& own);

}  // namespace ssmgate::doctor
