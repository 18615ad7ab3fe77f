#include <doctest/doctest.h>

#include "auth/certificate_user.hpp"
#include "proxy/tls/pki.hpp"

using namespace ssmgate;
using namespace ssmgate::auth;

namespace {

struct Fixture {
  tls::Signer company = test::make_test_root();
  std::string user(const std::string& names, const std::string& common_name = {}) {
    const auto leaf = test::forge(company, names, common_name);
    auto found = user_of_certificate(leaf.get());
    if (auto* fault = std::get_if<CertificateFault>(&found)) return "fault: " + fault->detail;
    return std::get<std::string>(found);
  }
};

}  // namespace

TEST_CASE("a uri goes before a name before an address before the subject") {
  Fixture f;
  const std::string all = "email:a@b.test,DNS:host.test,URI:spiffe://x/y,URI:spiffe://x/z";
  CHECK(f.user(all, "cn") == "spiffe://x/y");
  CHECK(f.user("email:a@b.test,DNS:host.test,DNS:other.test", "cn") == "host.test");
  CHECK(f.user("IP:192.0.2.1,email:a@b.test", "cn") == "a@b.test");
  CHECK(f.user("IP:192.0.2.1", "cn") == "cn");
  CHECK(f.user("", "cn") == "cn");
  // Latin-1 in the certificate.
  CHECK(f.user("", "\xfcn\xef") == "\xc3\xbcn\xc3\xaf");
}

TEST_CASE("a name that is none is a fault and no other takes its place") {
  Fixture f;
  CHECK(f.user("IP:192.0.2.1").find("fault: ") == 0);
  CHECK(f.user("").find("names nobody") != std::string::npos);
  CHECK(f.user("URI:unix:root", "cn").find("`unix:`") != std::string::npos);
  CHECK(f.user("", "a\tb").find("control") != std::string::npos);
  CHECK(f.user("URI:" + std::string(300, 'x'), "cn").find("too long") != std::string::npos);
}
