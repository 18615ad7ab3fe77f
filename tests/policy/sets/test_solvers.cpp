// Each dimension's solver against a small universe: where some value of it gives every literal its
// sign, one is found; and what is found does.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "sets/product.hpp"
#include "ssmgate/request/credential.hpp"

using namespace ssmgate;
using namespace ssmgate::sets;

namespace {

using Words = std::vector<std::string>;

// The rules of a policy are where atoms come from: the loader makes what the solvers get.
class Bench {
 public:
  explicit Bench(unsigned seed) : random_(seed) {}

  int below(std::size_t count) {
    return static_cast<int>(std::uniform_int_distribution<std::size_t>(0, count - 1)(random_));
  }

  // Atoms of `dimension` out of the rules of `policy`, and of `parameter` where it is given.
  void load(const std::string& policy, Dimension dimension, std::string parameter = {}) {
    loaded_ = load_policy(policy).policy;
    REQUIRE(loaded_ != nullptr);
    dimension_ = dimension;
    parameter_ = std::move(parameter);
    // Entries that are ARNs say something of a region in AWS's own documents.
    const auto kind = dimension == Dimension::region ? DocumentClass::Kind::aws_owned
                                                     : DocumentClass::Kind::caller_owned;
    const DocumentClass document{kind, {}, false};
    const DocumentView view = view_of(document, loaded_->rules());
    for (const auto* rules : {&loaded_->rules().allow, &loaded_->rules().deny}) {
      for (const Rule& rule : *rules) add(rule, view);
    }
    REQUIRE(literals_.size() > 3);
  }

  // Random conjunctions, each asked of the solver and of all models.
  void compare(const std::vector<Model>& universe, int rounds) {
    int found = 0;
    for (int i = 0; i < rounds; ++i) {
      Literals asked;
      for (int left = 1 + below(4); left > 0; --left) {
        Literal literal = literals_[static_cast<std::size_t>(below(literals_.size()))];
        if (below(2) == 0) literal.wanted = !literal.wanted;
        asked.push_back(literal);
      }
      found += check(asked, universe) ? 1 : 0;
    }
    CHECK(found > rounds / 20);
    CHECK(found < rounds);
  }

 private:
  void add(const Rule& rule, const DocumentView& view) {
    const Words parameters = {"host", "portNumber", "command", "localPortNumber", "extra"};
    for (const Literals& product : products_of(rule, view, parameters, atoms_)) {
      for (const Literal& literal : product) {
        const Atom& atom = *literal.atom;
        if (atom.dimension == dimension_ && atom.parameter == parameter_) {
          literals_.push_back(literal);
        }
      }
    }
  }

  static bool fits(const Literals& asked, const Model& model) {
    return std::all_of(asked.begin(), asked.end(), [&](const Literal& literal) {
      return holds(*literal.atom, model) == literal.wanted;
    });
  }

  bool check(const Literals& asked, const std::vector<Model>& universe) {
    Surroundings surroundings;
    surroundings.document.kind = DocumentClass::Kind::caller_owned;
    surroundings.now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
    Model model;
    const Answer answer = solve(dimension_, parameter_, asked, surroundings, model);
    REQUIRE(answer != Answer::unknown);
    if (answer == Answer::found) {
      REQUIRE(fits(asked, model));
      return true;
    }
    for (const Model& one : universe) REQUIRE_FALSE(fits(asked, one));
    return false;
  }

  std::mt19937 random_;
  std::shared_ptr<const Policy> loaded_;
  Dimension dimension_ = Dimension::time;
  std::string parameter_;
  AtomTable atoms_;
  Literals literals_;
};

// One deny rule for each of `criteria`: what a deny rule asks, nothing is left out.
std::string denies(const Words& criteria, const std::string& allows = "") {
  std::string out = "version: 1\n" + allows + "deny:\n";
  for (std::size_t i = 0; i < criteria.size(); ++i) {
    out += "  - {id: d" + std::to_string(i) + ", " + criteria[i] + "}\n";
  }
  return out;
}

template <class Set>
std::vector<Model> models(const Words& values, Set set) {
  std::vector<Model> made(1);
  for (const std::string& value : values) set(made.emplace_back(), value);
  return made;
}

}  // namespace

TEST_CASE("principals are found wherever there is one") {
  Bench bench(1);
  bench.load(denies({"users: [ann, bob]", "users: any", "users: [bob, \"unix:root\"]",
                     "users: [\"unix:%ops\", \"unix:%wheel\"]", "users: [\"unix:%wheel\"]",
                     "users: [\"unix:ann\", ann]", "users: [\"unix:%ops\", zed]"}),
             Dimension::principal);
  std::vector<Model> universe;
  for (const char* user : {"", "ann", "bob", "zed", "other"}) {
    for (const char* unix_user : {"", "ann", "root", "other"}) {
      for (int groups = 0; groups < 4; ++groups) {
        Model& model = universe.emplace_back();
        if (*user != '\0') model.user = user;
        if (*unix_user != '\0') model.unix_user = unix_user;
        if ((groups & 1) != 0) model.unix_groups.emplace_back("ops");
        if ((groups & 2) != 0) model.unix_groups.emplace_back("wheel");
      }
    }
  }
  bench.compare(universe, 2000);
}

TEST_CASE("clients are found wherever there is one") {
  Bench bench(2);
  bench.load(denies({"clients: [10.0.0.0/8]", "clients: [10.8.0.0/16, 192.0.2.1]",
                     "clients: [\"::/0\"]", "clients: [0.0.0.0/0]", "clients: [10.8.0.0/17]",
                     "clients: [10.8.128.0/17, \"2001:db8::/32\"]", "clients: [127.0.0.1]",
                     "clients: [255.255.255.255, \"ffff::/16\"]"}),
             Dimension::client);
  bench.compare(
      models({"10.0.0.1", "10.8.0.1", "10.8.200.1", "192.0.2.1", "::1", "2001:db8::7",
              "255.255.255.255", "ffff::1", "fffe::1", "127.0.0.1", "0.0.0.0", "::ffff:10.8.0.1"},
             [](Model& model, const std::string& text) { model.client = *parse_ip_address(text); }),
      1500);
}

TEST_CASE("accounts and access keys are found together") {
  Bench bench(3);
  bench.load(
      denies({"accounts: [\"111122223333\"]", "accounts: [\"609629065308\", \"111122223333\"]",
              "access_keys: [\"AKIA*\"]", "access_keys: [\"*\"]",
              "access_keys: [\"A?IA????????????????\"]", "access_keys: [\"ASIAY*\"]",
              "access_keys: [\"ASIAY34FZKBOKMUTVV7A\"]", "access_keys: [\"????\"]"}),
      Dimension::credential);
  std::vector<Model> universe(1);
  for (const char* account : {"", "111122223333", "609629065308", "444455556666"}) {
    for (const char* key : {"", "ASIAY34FZKBOKMUTVV7A", "AKIA", "AKIAIOSFODNN7EXAMPLE", "ABCD",
                            "AKIAY34FZKBOKMUTVV7A", "AKIAY34FZKAAAAAAAAAA", "x"}) {
      const auto carried = find_account(key);
      if (carried && *account != '\0' && *carried != account) continue;
      Model& model = universe.emplace_back();
      if (*account != '\0') model.account = account;
      if (*key != '\0') model.access_key = key;
      if (carried) model.account = carried;
    }
  }
  bench.compare(universe, 500);
}

TEST_CASE("regions are found with the places of documents") {
  Bench bench(4);
  bench.load(denies({"regions: [\"us-*\"]", "regions: [\"*\"]", "regions: [\"cn-*\", us-east-1]",
                     "regions: [\"*-1\"]", "regions: [\"xx-*\", \"cn-x*\"]",
                     "documents: [\"arn:aws-cn:ssm:*::document/AWS-*\"]",
                     "documents: [\"arn:aws*:ssm:xx-*::document/AWS-*\"]",
                     "documents: [\"arn:aws:ssm:?x-*::document/AWS-*\"]",
                     "documents: [\"arn:*:ssm:cn-x*::document/AWS-*\"]", "regions: [\"us-gov-*\"]",
                     "regions: [\"?*-?\"]"}),
             Dimension::region);
  bench.compare(models({"us-east-1", "us-west-2", "cn-north-1", "us-gov-west-1", "eu-west-1", "x",
                        "us-iso-east-1", "xx-1", "cn-x", "cn-x-1", "ax-1", "xx-y"},
                       [](Model& model, const std::string& text) { model.region = text; }),
                500);
}

TEST_CASE("targets are found wherever there is one") {
  Bench bench(5);
  bench.load(denies({"targets: [\"i-*\"]", "targets: [\"mi-*\", \"ecs:*\"]", "targets: [\"*\"]",
                     "targets: [\"i-????????\"]", "targets: [\"ecs:prod_*\"]", "targets: [\"*_a\"]",
                     "targets: [i-0abc123d, i-0abc123def4567890]", "targets: [\"?????????\"]"}),
             Dimension::target);
  std::vector<Model> universe;
  for (const char* text :
       {"i-0abc123d", "i-0abc123e", "i-0abc123def4567890", "ecs:prod_a_a", "mi-0abc123def4567890",
        "i-00000000000000000", "ecs:a_a_a", "ecs:a_b_c"}) {
    universe.emplace_back().target = text;
  }
  bench.compare(universe, 1500);
}

TEST_CASE("hosts are found where rules leave guarded ones out and where they do not") {
  const std::string allows =
      "allow:\n"
      "  - {id: a, documents: Doc, hosts: any}\n"
      "  - {id: b, documents: Doc, hosts: [\"*.example.com\", 10.0.0.0/8]}\n"
      "  - {id: c, documents: Doc, hosts: [localhost, \"*.localhost\", 127.0.0.0/8]}\n"
      "  - {id: d, documents: Doc, hosts: [\"l*\", 0.0.0.0/0, \"::/0\"]}\n";
  Bench bench(6);
  bench.load(denies({"hosts: any", "hosts: [\"*.example.com\"]", "hosts: [10.20.0.0/16]",
                     "hosts: [\"d*.example.com\", \"::/0\"]", "hosts: [localhost, 0.0.0.0/0]",
                     "hosts: [\"*.b.example.com\", \"*.internal\"]"},
                    allows),
             Dimension::parameter, "host");
  bench.compare(
      models({"localhost", "db.example.com", "a.b.example.com", "10.20.0.1", "10.0.0.1",
              "127.0.0.1", "::1", "2001:db8::1", "x.localhost", "example.com", "l1",
              "169.254.169.254", "other", "x.internal"},
             [](Model& model, const std::string& text) { model.parameters["host"] = {text}; }),
      400);
}

TEST_CASE("ports and other values are found wherever there is one") {
  Bench ports(7);
  ports.load(denies({"ports: 22", "ports: 1-1024", "ports: [80-5432, 65535]", "ports: any",
                     "ports: 1025-65535", "ports: [1-21, 23-1024]"}),
             Dimension::parameter, "portNumber");
  std::vector<Model> universe(1);
  for (int port = 1; port <= 65535; port += 7) {
    universe.emplace_back().parameters["portNumber"] = {std::to_string(port)};
  }
  for (const char* port : {"22", "1024", "1025", "65535", "80"}) {
    universe.emplace_back().parameters["portNumber"] = {port};
  }
  ports.compare(universe, 150);
}

TEST_CASE("lists of values are found where each and where one must pass") {
  const std::string allows =
      "allow:\n"
      "  - {id: a, documents: Doc, parameters: {extra: any}}\n"
      "  - {id: b, documents: Doc, parameters: {extra: [\"o*\", \"1\"]}}\n"
      "  - {id: c, documents: Doc, parameters: {extra: [\"*\"]}}\n"
      "  - {id: d, documents: Doc, parameters: {extra: {port: [1-9, 22]}}}\n"
      "  - {id: e, documents: Doc}\n";
  Bench bench(8);
  bench.load(denies({"parameters: {extra: [\"?\"]}", "parameters: {extra: [\"one\", \"two\"]}",
                     "parameters: {extra: {port: 22-80}}", "parameters: {extra: any}",
                     "parameters: {extra: [\"*e\"]}"},
                    allows),
             Dimension::parameter, "extra");
  const Words values = {"one", "two", "1", "22", "9", "o", "e", "80", "x", "070"};
  std::vector<Model> universe(1);
  for (const std::string& a : values) {
    universe.emplace_back().parameters["extra"] = {a};
    for (const std::string& b : values) {
      universe.emplace_back().parameters["extra"] = {a, b};
      for (const std::string& c : values) {
        universe.emplace_back().parameters["extra"] = {a, b, c};
      }
    }
  }
  bench.compare(universe, 300);
}

TEST_CASE("times are found wherever there is one") {
  Bench bench(9);
  bench.load(
      denies({"not_before: 2026-01-01", "expires: 2027-01-01", "not_before: 2026-11-23T10:00:00.5Z",
              "hours: {days: mon-fri, from: \"09:00\", to: \"18:00\", zone: Asia/Tokyo}",
              "hours: {from: \"08:10\", to: \"17:00\", zone: Europe/Berlin}",
              "hours: {from: \"08:10\", to: \"17:00\", zone: Africa/Lagos}",
              "hours: {days: sat, from: \"22:00\", to: \"02:00\", zone: UTC}",
              "expires: 2025-06-01", "not_before: 2025-05-28"}),
      Dimension::time);
  std::vector<Model> universe;
  const Instant begin{std::chrono::sys_days(std::chrono::year(2025) / 5 / 20)};
  for (int hour = 0; hour < 24 * 760; hour += 5) {
    universe.emplace_back().now = begin + std::chrono::hours(hour) + std::chrono::minutes(3);
  }
  bench.compare(universe, 60);
}
