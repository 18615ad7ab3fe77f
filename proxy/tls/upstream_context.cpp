// Loading the roots that upstreams are judged by.
#include "tls/upstream_context.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <thread>
#include <vector>

#include <openssl/err.h>

#include "tls/file.hpp"
#include "tls/server_context.hpp"

namespace ssmgate::tls {
namespace {

constexpr const char* kHint =
    "; give `upstream.ca_file` a PEM bundle of roots, e.g. /etc/ssl/certs/ca-certificates.crt";

bool fill_store(SSL_CTX* context, const std::vector<CertificatePtr>& roots) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const CertificatePtr& root : roots) {
    if (X509_STORE_add_cert(store, root.get()) != 1) return false;
  }
  return true;
}

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
// LIMIT: more threads than this cost more than they save on the 140 roots of a system.
constexpr std::size_t kMaxParts = 4;

// `text` in about equal parts, each of whole certificates.
std::vector<std::string> split_bundle(std::string_view text) {
  const std::size_t wanted =
      std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMaxParts);
  std::vector<std::string> parts;
  for (std::size_t i = wanted; i > 1 && !text.empty(); --i) {
    const std::size_t cut = std::min(text.find(kBegin, text.size() / i), text.size());
    parts.emplace_back(text.substr(0, cut));
    text.remove_prefix(cut);
  }
  parts.emplace_back(text);
  return parts;
}

struct Part {
  std::vector<CertificatePtr> roots;
  std::size_t bad = 0;  // as `read_certificates` says
  std::string why;
};

Part read_part(const std::string& text) {
  Part part;
  part.bad = read_certificates(text, part.roots);
  if (part.bad != 0) part.why = take_errors();  // the queue is the thread's own
  return part;
}

// OpenSSL 3.0 takes 150 µs to read one root, most of it for its key: the 140 of a system are most
// of what a start costs, and they do not depend on each other.
Part read_roots(const std::string& text) {
  const std::vector<std::string> texts = split_bundle(text);
  std::vector<Part> parts(texts.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < texts.size(); ++i) {
    threads.emplace_back([&texts, &parts, i] { parts[i] = read_part(texts[i]); });
  }
  parts[0] = read_part(texts[0]);
  for (std::thread& thread : threads) thread.join();
  Part all;
  for (Part& part : parts) {
    if (part.bad != 0 && all.bad == 0) {
      all.bad = all.roots.size() + part.bad;
      all.why = part.why;
    }
    std::ranges::move(part.roots, std::back_inserter(all.roots));
  }
  return all;
}

}  // namespace

std::variant<AuthorityFault, ContextPtr> make_upstream_context(
    const std::filesystem::path& ca_file) {
  const auto text = read_file(ca_file, Privacy::none);
  if (const auto* fault = std::get_if<AuthorityFault>(&text)) {
    return AuthorityFault{fault->text + kHint};
  }
  const auto [roots, bad, why] = read_roots(std::get<std::string>(text));
  // Half a bundle is refused whole: which upstreams work would depend on where it was cut.
  if (bad != 0) {
    return AuthorityFault{"certificate " + std::to_string(bad) + " of " + quoted(ca_file) +
                          " cannot be read (" + why + ")" + kHint};
  }
  if (roots.empty()) return AuthorityFault{quoted(ca_file) + " holds no certificate" + kHint};

  ContextPtr context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      !offer_http11(context.get()) || !fill_store(context.get(), roots)) {
    return AuthorityFault{"cannot prepare tls for upstreams: " + take_errors()};
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

}  // namespace ssmgate::tls
