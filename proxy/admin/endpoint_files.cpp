#include "admin/endpoint_files.hpp"

#include <openssl/rand.h>
#include <sys/types.h>

#include <cstring>
#include <fstream>
#include <optional>

#include "tls/file_write.hpp"

namespace ssmgate::admin {
namespace fs = std::filesystem;
namespace {

constexpr mode_t kTokenMode = 0600;
constexpr mode_t kAddressMode = 0644;

std::string make_token() {
  unsigned char random[32];
  if (RAND_bytes(random, sizeof random) != 1) return {};
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string token;
  for (const unsigned char byte : random) {
    token += kDigits[byte >> 4U];
    token += kDigits[byte & 15U];
  }
  return token;
}

// Empty, or why not.
std::string write_whole(const fs::path& file, const std::string& text, mode_t mode) {
  const int number = tls::replace_file(file, text, mode);
  if (number == 0) return {};
  return "cannot write `" + file.string() + "`: " + std::strerror(number) +
         "; let this user write there, name another folder under `state`, or write `admin: "
         "{address: none}`";
}

}  // namespace

fs::path token_file(const fs::path& state) {
  return state / "admin.token";
}

fs::path address_file(const fs::path& state) {
  return state / "admin.address";
}

std::variant<std::string, std::unique_ptr<EndpointFiles>> EndpointFiles::write(
    const fs::path& state, const config::Admin::Address& address) {
  const auto made = tls::make_folders(state);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&made)) return fault->text;
  std::string token = make_token();
  if (token.empty()) return "OpenSSL has no random numbers";
  std::string fault = write_whole(token_file(state), token + "\n", kTokenMode);
  if (fault.empty()) {
    fault = write_whole(address_file(state), config::render_admin_address(address) + "\n",
                        kAddressMode);
  }
  if (!fault.empty()) return fault;
  return std::make_unique<EndpointFiles>(state, std::move(token));
}

EndpointFiles::~EndpointFiles() {
  std::ifstream file(token_file(state_));
  std::string line;
  if (!std::getline(file, line) || line != token_) return;
  remove(state_);
}

void EndpointFiles::remove(const fs::path& state) {
  std::error_code ignored;
  fs::remove(token_file(state), ignored);
  fs::remove(address_file(state), ignored);
}

}  // namespace ssmgate::admin
