// Imported rules against IAM itself (naive_iam.hpp): never wider, and the same where nothing is
// said to be lost. SSMGATE_NIGHTLY draws more.
#include <doctest/doctest.h>

#include <cstdlib>

#include <boost/json.hpp>

#include "iam_world.hpp"
#include "ssmgate/tools/eval.hpp"
#include "ssmgate/tools/iam.hpp"

using namespace ssmgate;

namespace {

bool granted(const Policy& policy, const IamRequest& request, bool tells_account) {
  tools::EvalCaller caller;
  caller.client = request.client;
  caller.region = request.region;
  caller.at = request.time;
  if (tells_account) {
    caller.account = request.account;
  } else {
    caller.access_key = "AKIAIOSFODNN7EXAMPLE";
  }
  const auto finding = tools::evaluate(policy, caller, session_body(request), {});
  REQUIRE(finding.has_value());
  REQUIRE(finding->decision != Decision::malformed);
  return finding->decision == Decision::allow;
}

struct Seen {
  int allowed = 0;
  int exact = 0;  // policies of which nothing is lost
};

Seen compare(IamWorld& world, int policies) {
  Seen seen;
  for (int i = 0; i < policies; ++i) {
    const std::string text = world.policy();
    CAPTURE(text);
    const tools::IamImport imported = tools::import_iam(text, false);
    REQUIRE(imported.yaml);
    const std::string yaml = *imported.yaml;
    CAPTURE(yaml);
    const LoadedPolicy loaded = load_policy(yaml);
    REQUIRE(loaded.policy != nullptr);
    const boost::json::value json = boost::json::parse(text);
    if (!imported.lossy) ++seen.exact;
    for (int j = 0; j < 20; ++j) {
      const IamRequest request = world.request();
      const bool tells_account = !world.once_in(4);
      const bool here = granted(*loaded.policy, request, tells_account);
      const bool narrow = iam_allows(json, request, Colons::segments);
      const bool wide = iam_allows(json, request, Colons::whole_string);
      const std::string asked = session_body(request) + request.account + ' ' + request.region +
                                ' ' + request.client + ' ' + request.time;
      CAPTURE(asked);
      if (here) {
        ++seen.allowed;
        CHECK(narrow);
        CHECK(wide);
      } else if (!imported.lossy && tells_account) {
        CHECK_FALSE(narrow);
      }
    }
  }
  return seen;
}

}  // namespace

TEST_CASE("imported rules are never wider than IAM and the same without losses") {
  const int policies = std::getenv("SSMGATE_NIGHTLY") != nullptr ? 100'000 : 800;
  IamWorld odd(3, false);
  CHECK(compare(odd, policies).allowed > policies);
  IamWorld plain(4, true);
  const Seen seen = compare(plain, policies);
  CHECK(seen.allowed > policies);
  CHECK(seen.exact > policies / 4);
}
