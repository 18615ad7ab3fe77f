#include <doctest/doctest.h>

#include <string>

#include "wire/basic_credentials.hpp"
#include "wire/utf8.hpp"

using namespace ssmgate::wire;

namespace {

void check_fault(std::string_view value, std::string_view words) {
  CAPTURE(value);
  const auto parsed = parse_basic_credentials(value);
  const auto* fault = std::get_if<CredentialsFault>(&parsed);
  REQUIRE(fault != nullptr);
  CAPTURE(fault->detail);
  CHECK(fault->detail.find(words) != std::string_view::npos);
}

void check_pair(std::string_view value, std::string_view name, std::string_view password) {
  CAPTURE(value);
  const auto parsed = parse_basic_credentials(value);
  const auto* credentials = std::get_if<BasicCredentials>(&parsed);
  REQUIRE(credentials != nullptr);
  CHECK(credentials->name == name);
  CHECK(credentials->password.text() == password);
}

}  // namespace

TEST_CASE("a name and a password are read") {
  check_pair("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame");  // RFC 7617 §2
  check_pair("Basic dGVzdDoxMjPCow==", "test", "123\xc2\xa3");                 // RFC 7617 §2.1
  check_pair("bAsIc   YTpiOmM6", "a", "b:c:");
  check_pair("Basic YTo=", "a", "");
}

TEST_CASE("another scheme or none is a fault") {
  for (const char* value : {"", "Basic", "BasicYTpi", "Bearer YTpi", "Basi YTpi", "Basic\tYTpi"}) {
    check_fault(value, "scheme `Basic`");
  }
}

TEST_CASE("only the one spelling of base64 is read") {
  for (const char* value : {"Basic ", "Basic YTpi=", "Basic YTp", "Basic YTpi YTpi", "Basic YTp_",
                            "Basic YTo", "Basic Y===", "Basic ====", "Basic YTp=", "Basic YTpiZ===",
                            "Basic YTpp\r\n", "Basic =TpiYTpi", "Basic YT==YTpi"}) {
    check_fault(value, "base64");
  }
  // The bits behind the last byte are not zero.
  check_fault("Basic YTr=", "base64");
  check_fault("Basic YR==", "base64");
}

TEST_CASE("text that crypt or a log would read otherwise is a fault") {
  check_fault("Basic YTpiAA==", "control characters");  // a:b NUL
  check_fault("Basic YQA6Yg==", "control characters");  // a NUL :b
  check_fault("Basic YTpiCmM=", "control characters");  // a:b LF c
  check_fault("Basic YTp/", "control characters");      // DEL
  check_fault("Basic YTrCgA==", "control characters");  // U+0080
  check_fault("Basic YTr/", "UTF-8");                   // 0xff
  check_fault("Basic YTrAgA==", "UTF-8");               // overlong NUL
  check_fault("Basic YTrtoIA=", "UTF-8");               // a surrogate
}

TEST_CASE("there must be a name") {
  check_fault("Basic YQ==", "NAME:PASSWORD");
  check_fault("Basic OmI=", "no name");
}

TEST_CASE("names and passwords that are too long are faults") {
  const std::string group = "YWFh";  // aaa
  std::string long_name = "Basic ";
  for (int i = 0; i < 86; ++i) long_name += group;
  check_fault(long_name + "YTpi", "too long");
  std::string long_password = "Basic YTph";
  for (int i = 0; i < 171; ++i) long_password += group;
  check_fault(long_password, "too long");
  check_fault("Basic " + std::string(4096, 'A'), "too long");
}

TEST_CASE("a secret that was moved is gone from where it was") {
  Secret first("password");
  const Secret second(std::move(first));
  CHECK(second.text() == "password");
  CHECK(first.text().empty());  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("plain text is utf-8 without controls") {
  CHECK(is_plain_text(""));
  CHECK(is_plain_text("\xef\xbf\xbd"));  // a real U+FFFD
  CHECK(is_plain_text("\xf4\x8f\xbf\xbf"));
  CHECK_FALSE(is_plain_text("\xf4\x90\x80\x80"));
  CHECK_FALSE(is_plain_text("\xc3"));
  CHECK_FALSE(is_plain_text(std::string_view("\0", 1)));
}
