#include "state/audit_chain.hpp"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <memory>
#include <new>
#include <stdexcept>

namespace ssmgate::state {
namespace {

constexpr std::string_view kSeq = "\"seq\":";
constexpr std::string_view kPrev = ",\"prev\":\"";
constexpr std::size_t kHexSize = 64;

// Fetched once: OpenSSL 3 looks an algorithm up by name otherwise, line after line.
const EVP_MD* sha256() {
  static const EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return digest;
}

EVP_MD_CTX* make_context() {
  EVP_MD_CTX* const made = EVP_MD_CTX_new();
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

bool is_hash(std::string_view text) {
  return text.size() == kHexSize &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string sha256_hex(std::string_view text) {
  // Kept, too: making one costs more than the digest of a line.
  thread_local const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(make_context(),
                                                                                EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_DigestInit_ex(context.get(), sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), text.data(), text.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
    throw std::runtime_error("OpenSSL makes no SHA-256");
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex(std::size_t{size} * 2, '0');
  for (std::size_t i = 0; i < size; ++i) {
    hex[2 * i] = kHex[digest.at(i) >> 4U];
    hex[2 * i + 1] = kHex[digest.at(i) & 15U];
  }
  return hex;
}

std::string chained_line(std::string_view fields, const ChainEnd& end, LineFormat format) {
  std::string line;
  line.reserve(fields.size() + 128);
  line += '{';
  line += fields;
  line += ",\"seq\":";
  line += std::to_string(end.seq + 1);
  if (!end.hash.empty()) {
    line += kPrev;
    line += end.hash;
    line += '"';
  }
  line += format == LineFormat::ocsf ? "}}\n" : "}\n";
  return line;
}

ChainEnd advanced(const ChainEnd& end, std::string_view line) {
  return ChainEnd{end.seq + 1, sha256_hex(line.substr(0, line.size() - 1)), false};
}

// INVARIANT: no value of a record can hold `"seq":`, for its quotes would be escaped.
std::optional<Link> find_link(std::string_view line) noexcept {
  const std::size_t at = line.rfind(kSeq);
  if (!line.starts_with('{') || at == std::string_view::npos || at < 2) return std::nullopt;
  if (line[at - 1] != ',') return std::nullopt;
  Link link;
  const char* const begin = line.data() + at + kSeq.size();
  const auto [digits, error] = std::from_chars(begin, line.data() + line.size(), link.seq);
  if (error != std::errc() || link.seq == 0 || *begin == '0') return std::nullopt;
  std::string_view rest = line.substr(static_cast<std::size_t>(digits - line.data()));
  if (rest.starts_with(kPrev)) {
    link.prev = rest.substr(kPrev.size(), kHexSize);
    if (!is_hash(link.prev)) return std::nullopt;
    rest.remove_prefix(kPrev.size() + kHexSize);
    if (!rest.starts_with('"')) return std::nullopt;
    rest.remove_prefix(1);
  }
  if (rest != "}" && rest != "}}") return std::nullopt;
  return link;
}

std::optional<ChainReader::Fault> ChainReader::next(std::string_view line) {
  const auto link = find_link(line);
  std::optional<Fault> fault;
  ++lines_;
  if (!link) {
    fault = Fault{Break::unreadable, end_.seq == 0 ? 0 : end_.seq + 1, 1};
  } else if (lines_ == 1) {
    first_seq_ = link->seq;
    first_prev_ = link->prev;
    // The very first line of a chain follows nothing, and only that.
    if ((link->seq == 1) != link->prev.empty()) fault = Fault{Break::changed, link->seq, 1};
  } else {
    fault = judge(*link);
  }
  end_.seq = link ? link->seq : end_.seq + 1;
  end_.hash = sha256_hex(line);
  return fault;
}

std::optional<ChainReader::Fault> ChainReader::judge(const Link& link) const {
  const bool follows = link.prev == end_.hash;
  const std::uint64_t expected = end_.seq + 1;
  if (follows && link.seq == expected) return std::nullopt;
  if (link.seq == 1 && link.prev.empty()) return Fault{Break::restarted, 1, 1};
  // It names the line before, so that it is its own number that was changed.
  if (follows) return Fault{Break::changed, link.seq, 1};
  if (link.seq == expected) return Fault{Break::changed, end_.seq, 1};
  if (link.seq > expected) return Fault{Break::removed, expected, link.seq - expected};
  return Fault{link.seq == end_.seq ? Break::inserted : Break::reordered, link.seq, 1};
}

}  // namespace ssmgate::state
