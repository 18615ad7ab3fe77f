// Policies over a universe so small that every request can be judged: `diff` says that something is
// granted exactly where some request shows it, in both directions.
#include <doctest/doctest.h>

#include <random>

#include "ssmgate/tools/diff.hpp"

using namespace ssmgate;

namespace {

using Words = std::vector<std::string>;

constexpr std::chrono::sys_days kNow = std::chrono::year(2026) / 11 / 23;
// Of every dimension the values that rules mention, and one that none does.
const Words kUsers = {"", "ann", "bob", "zed"};
const Words kTargets = {"i-00000001", "i-00000002", "i-12345678", "mi-0123456789abcdef0"};
const Words kDocuments = {"AWS-StartPortForwardingSessionToRemoteHost",
                          "AWS-StartPortForwardingSession", "Own-Doc", "Other-Doc"};
const Words kHosts = {"",          "10.20.0.1", "10.30.0.1", "db.example.com", "x.example.com",
                      "localhost", "other.io"};
const Words kPorts = {"", "22", "80", "5432", "443", "9"};

struct Request {
  tools::EvalCaller caller;
  std::string body;
};

std::vector<Request> universe() {
  std::vector<Request> all;
  for (const auto& user : kUsers) {
    for (const auto& target : kTargets) {
      for (const auto& document : kDocuments) {
        for (const auto& host : kHosts) {
          for (const auto& port : kPorts) {
            Request& made = all.emplace_back();
            if (!user.empty()) made.caller.user = user;
            std::string parameters;
            if (!host.empty()) parameters += "\"host\":[\"" + host + "\"]";
            if (!port.empty()) {
              parameters += (host.empty() ? "" : ",") + ("\"portNumber\":[\"" + port + "\"]");
            }
            made.body = "{\"Target\":\"" + target + "\",\"DocumentName\":\"" + document +
                        "\",\"Parameters\":{" + parameters + "}}";
          }
        }
      }
    }
  }
  return all;
}

class Policies {
 public:
  explicit Policies(unsigned seed) : random_(seed) {}

  std::string make() {
    std::string out = "version: 1\nallow:\n";
    const int allows = 1 + below(3);
    for (int i = 0; i < allows; ++i) out += rule("a" + std::to_string(i), true);
    const int denies = below(3) - 1;
    if (denies > 0) out += "deny:\n";
    for (int i = 0; i < denies; ++i) out += rule("d" + std::to_string(i), false);
    return out;
  }

 private:
  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }

  std::string list(const Words& words) {
    std::string out = "[";
    do {
      out += (out.size() > 1 ? ", " : "") +
             ('"' + words[static_cast<std::size_t>(below(static_cast<int>(words.size())))]) + '"';
    } while (below(2) == 0);
    return out + "]";
  }

  std::string rule(const std::string& id, bool allows) {
    std::string out = "  - {id: " + id;
    const auto add = [&](int of, std::string_view key, const Words& words) {
      if (below(of) == 0) out.append(", ").append(key).append(": ") += list(words);
    };
    add(2, "users", {"ann", "bob", "any"});
    add(2, "targets", {"i-00000001", "i-0000000?", "i-*", "mi-*", "*"});
    add(allows ? 1 : 2, "documents",
        {kDocuments[0], kDocuments[0], "AWS-StartPortForwarding*", "Own-Doc", "O*-Doc"});
    add(allows ? 1 : 2, "hosts",
        {"any", "10.20.0.0/16", "10.0.0.0/8", "db.example.com", "*.example.com", "d*.example.com",
         "localhost"});
    add(allows ? 1 : 2, "ports", {"any", "22", "80", "1-100", "5432", "22-65535"});
    return out + "}\n";
  }

  std::mt19937 random_;
};

std::vector<bool> relayed(const Policy& policy, const std::vector<Request>& requests) {
  std::vector<bool> out;
  out.reserve(requests.size());
  for (const Request& request : requests) {
    const auto judged = tools::evaluate(policy, request.caller, request.body, kNow);
    REQUIRE(judged.has_value());
    out.push_back(judged->effect == Effect::relay);
  }
  return out;
}

}  // namespace

TEST_CASE("a difference is said exactly where some request shows it") {
  const std::vector<Request> requests = universe();
  Policies policies(77);
  int wider = 0;
  int same = 0;
  for (int i = 0; i < 40; ++i) {
    const std::string older_text = policies.make();
    const std::string newer_text = policies.make();
    const auto older = load_policy(older_text).policy;
    const auto newer = load_policy(newer_text).policy;
    REQUIRE(older);
    REQUIRE(newer);
    const auto before = relayed(*older, requests);
    const auto after = relayed(*newer, requests);
    bool granted = false;
    bool revoked = false;
    for (std::size_t k = 0; k < requests.size(); ++k) {
      granted = granted || (after[k] && !before[k]);
      revoked = revoked || (before[k] && !after[k]);
    }
    CAPTURE(older_text);
    CAPTURE(newer_text);
    const tools::Difference difference = tools::diff(*older, *newer, kNow);
    for (const auto* changes : {&difference.granted, &difference.revoked}) {
      for (const tools::Change& change : *changes) REQUIRE(change.witness);
    }
    REQUIRE(!difference.granted.empty() == granted);
    REQUIRE(!difference.revoked.empty() == revoked);
    for (const bool differs : {granted, revoked}) (differs ? wider : same) += 1;
  }
  CHECK(wider > 20);
  CHECK(same > 1);
}
