// Until when a listener's files are good, and from when on that is worth a word.
#include <doctest/doctest.h>

#include "proxy/tls/pki.hpp"
#include "tls/listener_terms.hpp"

using namespace ssmgate;
using namespace ssmgate::test;
using namespace ssmgate::tls;

namespace {

using Of = Term::Of;
using std::chrono::hours;

// One that runs from `begin` to `end`, hours from now.
Term term(Of of, int begin, int end, Clock::time_point now) {
  return {of, "/f.pem", {now + hours(begin), now + hours(end)}};
}

// Its name is `name`, whenever it is made.
CertificatePtr certificate(const Signer& issuer, const char* name, int days) {
  const KeyPtr key = make_key();
  const auto now = Clock::now();
  return make_leaf(key.get(), issuer, name, {now - hours(1), now + hours(24 * days)});
}

}  // namespace

TEST_CASE("a certificate is worth a word two weeks before its end and revocations by their time") {
  const auto now = Clock::now();
  for (const Of of : {Of::certificate, Of::client_ca}) {
    CHECK_FALSE(ends_soon(term(of, -1, 14 * 24, now), now));
    CHECK(ends_soon(term(of, -1, 14 * 24 - 1, now), now));
    CHECK(ends_soon(term(of, -2, -1, now), now));
  }
  CHECK_FALSE(ends_soon(term(Of::revocations, -150, 18, now), now));
  CHECK(ends_soon(term(Of::revocations, -152, 16, now), now));
  CHECK(ends_soon(term(Of::revocations, -168, 0, now), now));
  CHECK(ends_soon(term(Of::revocations, -169, -1, now), now));
}

TEST_CASE("of client CAs with one name the last to end counts") {
  const TemporaryFolder folder;
  ListenerFiles files;
  files.certificate = folder / "none.pem";
  files.client_ca = folder / "clients.pem";
  const Signer root = make_test_root();
  const auto old = certificate(root, "one", 1);
  const auto next = certificate(root, "one", 40);
  const auto other = certificate(root, "two", 20);
  write_file(*files.client_ca, to_pem(next.get()) + to_pem(old.get()) + to_pem(other.get()), 0644);
  const auto terms = read_terms(files);
  REQUIRE(terms.size() == 2);
  CHECK(terms[0].of == Of::client_ca);
  CHECK(terms[0].life.end == lifetime_of(next.get()).end);
  CHECK(terms[1].life.end == lifetime_of(other.get()).end);
}
