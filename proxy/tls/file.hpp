// Small files read whole and carefully: PEM bundles and keys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "tls/authority.hpp"
#include "tls/openssl.hpp"

namespace ssmgate::tls {

enum class Privacy : std::uint8_t { none, owner_only };

// The bytes of a regular file. LIMIT: 16 MiB, a hundred times the largest root bundle.
[[nodiscard]] std::variant<AuthorityFault, std::string> read_file(const std::filesystem::path& path,
                                                                  Privacy privacy);

// Every certificate of a PEM text, in order; anything between them is passed over. Returns 0, or
// the number (from 1) of the first that cannot be read, with OpenSSL's queue filled.
[[nodiscard]] std::size_t read_certificates(const std::string& text,
                                            std::vector<CertificatePtr>& certificates);

// The same of every revocation list.
[[nodiscard]] std::size_t read_revocations(const std::string& text,
                                           std::vector<RevocationsPtr>& lists);

[[nodiscard]] std::string quoted(const std::filesystem::path& path);

// What `errno` means, in lower case.
[[nodiscard]] std::string system_words(int number);

}  // namespace ssmgate::tls
