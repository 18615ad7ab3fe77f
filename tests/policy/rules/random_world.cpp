#include "policy/rules/random_world.hpp"

namespace ssmgate::naive {
namespace {

using Words = std::vector<std::string>;

const Words kTargets = {"i-00000001",          "i-00000002",           "i-0123456789abcdef0",
                        "i-0123456789abcdef1", "mi-0123456789abcdef0", "ecs:prod_abc_run-1",
                        "ecs:prod_x_abc_run-1"};
const Words kBadTargets = {"i-0000000",  "i-0000000G",  "mi-00000001", "ecs:a_b",
                           "I-00000001", "i-00000001 ", "host"};
const Words kHosts = {"localhost",         "a.localhost",      "db.example.com", "db1.example.com",
                      "x.db1.example.com", "example.com",      "10.20.0.1",      "10.21.0.1",
                      "127.0.0.1",         "169.254.169.254",  "a.b.corp.io",    "::1",
                      "2001:db8::1",       "fd00:ec2::254",    "fe80::1",        "instance-data",
                      "_srv.x-y.io",       "xn--bcher-kva.de", "0.0.0.0"};
// Other spellings, some of which are none.
const Words kOddHosts = {"LOCALHOST.",
                         "[::1]",
                         "::ffff:10.20.0.1",
                         "::127.0.0.1",
                         "64:ff9b::10.20.0.1",
                         "2001:DB8:0:0::1",
                         "0:0:0:0:0:0:0:1",
                         "::ffff:0:1.2.3.4",
                         "64:ff9b:1::1",
                         "127.1",
                         "0x7f000001",
                         "2130706433",
                         "010.20.0.1",
                         "10.20.0.1.",
                         "10.20.0.1 ",
                         "db..example.com",
                         "-db.example.com",
                         "db.example.com..",
                         "fe80::1%eth0",
                         "[::1",
                         "db.example.com:80",
                         "user@db",
                         "1.2.3.4.5",
                         "db.0x1f",
                         "0X7F.1",
                         "example.com/",
                         "\\u0000",
                         "d\\u0062.example.com",
                         "\\u00e9.com",
                         "127.0.0.1\\n"};
const Words kPorts = {"22", "80", "5432", "5433", "65535", "1"};
const Words kOddPorts = {"0",   "022",  "+22", "22 ", "65536",
                         "ssh", "0x16", "",    "8e1", "99999999999"};
const Words kDocuments = {"",
                          "SSM-SessionManagerRunShell",
                          "AWS-StartPortForwardingSession",
                          "AWS-StartPortForwardingSessionToRemoteHost",
                          "AWS-StartPortForwardingSessionToRemoteHost",
                          "AWS-StartPortForwardingSessionToRemoteHost",
                          "AWS-StartSSHSession",
                          "AWS-StartInteractiveCommand",
                          "AWS-StartNonInteractiveCommands",
                          "Own-Doc",
                          "Own-Doc2",
                          "AWS-NotKnown",
                          "arn:aws:ssm:us-east-1:111122223333:document/Own-Doc",
                          "arn:aws:ssm:ap-northeast-1:999988887777:document/Own-Doc",
                          "arn:aws:ssm:us-east-1::document/AWS-StartSSHSession",
                          "arn:aws-cn:ssm:cn-north-1::document/AWS-StartSSHSession",
                          "arn:aws:ssm:us-east-1:111122223333:document/AWS-StartSSHSession"};
const Words kOddDocuments = {"aws-startsshsession",
                             "ssm-sessionmanagerrunshell",
                             "AWS-StartSSHSession:1",
                             "arn:aws:ssm:us-east-1::document/Own-Doc",
                             "arn:aws:ssm:us-east-1:1:document/Own-Doc",
                             "arn:aws:ssm:us-east-1:111122223333:document/Own-Doc:2",
                             "arn:aws:ssm:us-east-1::document/aws-startsshsession"};
const Words kUsers = {"ann", "bob", "carol", "dave", "any-one"};
const Words kRegions = {"us-east-1", "us-west-2", "ap-northeast-1", "cn-north-1"};
const Words kAccounts = {"111122223333", "999988887777", "000011112222"};
const Words kKeys = {"AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLF"};
const Words kCommands = {"ls", "ls -l", "id", "systemctl restart x", "any"};
const Words kReasons = {"OPS-1", "OPS-", "x OPS-22", "hotfix", "ops-1"};

}  // namespace

std::string World::list(const Words& words) {
  if (chance(5)) return '"' + pick(words) + '"';
  std::string out = "[\"" + pick(words) + '"';
  const int more = chance(8) ? 6 : below(2);
  for (int i = 0; i < more; ++i) out += ", \"" + pick(words) + '"';
  return out + "]";
}

std::string World::time() {
  return pick({"2026-01-01", "2026-11-23", "2026-11-23T10:00:00Z", "2026-11-23T10:00:01Z",
               "2026-11-23T19:00:00+09:00", "2026-11-23T05:00:00-05:30", "2099-01-01"});
}

std::string World::hours() {
  std::string out = "{";
  if (!chance(3)) {
    out += "days: " + pick({"mon", "[mon, tue]", "mon-fri", "fri-mon", "[sat-sun, wed]", "sun"});
    out += ", ";
  }
  const Words from = {"00:00", "08:59", "09:00", "10:00", "19:00", "22:00", "15:45"};
  const Words to = {"24:00", "06:00", "10:01", "18:00", "19:01", "05:00", "15:46"};
  return out + "from: \"" + pick(from) + "\", to: \"" + pick(to) +
         "\", zone: " + pick({"UTC", "Asia/Tokyo", "Etc/GMT+5", "Asia/Kathmandu"}) + "}";
}

std::string World::parameters() {
  const std::string name = pick({"extra", "extra", "localPortNumber", "other"});
  std::string test;
  switch (below(6)) {
    case 0: test = "any"; break;
    case 1: test = list({"o*", "0", "two", "?ne", "80*"}); break;
    case 2: test = "{regex: \"" + pick({"^o", "[0-9]+$", "w"}) + "\"}"; break;
    case 3: test = "{port: " + list({"80", "0-100", "any", "8080"}) + "}"; break;
    case 4:
      test = "{host: " + list({"any", "*.example.com", "10.0.0.0/8", "localhost"}) + "}";
      break;
    default: test = list({"*"}); break;
  }
  if (name != "localPortNumber" && test.find("0-100") != std::string::npos) test = "{port: any}";
  return "{" + name + ": " + test + (chance(4) ? ", third: any" : "") + "}";
}

std::string World::rule(const std::string& id, bool allows) {
  std::string out = "  - {id: " + id;
  const auto add = [&](int of, std::string_view key, const std::string& value) {
    if (chance(of)) out.append(", ").append(key).append(": ") += value;
  };
  const int rare = large_ ? 2 : 1;
  if (chance(5)) out += ", mode: report, until: " + time();
  add(3, "users",
      list({"@team", "@pair", "ann", "bob", "any", "unix:root", "unix:%wheel", "dave"}));
  add(5 * rare, "clients",
      list({"10.8.0.0/16", "127.0.0.1", "::/0", "10.8.0.2/32", "0.0.0.0/0", "2001:db8::/32"}));
  add(6 * rare, "accounts", list(kAccounts));
  add(7 * rare, "access_keys",
      list({"AKIA*", "*", "AKIAIOSFODNN7EXAMPL?", "ASIAIOSFODNN7EXAMPLE"}));
  add(6 * rare, "regions", list({"us-*", "ap-northeast-1", "us-east-1", "*-1"}));
  add(5, "targets",
      list({"i-*", "i-00000001", "i-00000002", "*", "mi-*", "ecs:prod_*", "i-0123*"}));
  add(allows ? 1 : 2, "documents",
      list({"*", "AWS-*", "AWS-StartPortForwardingSessionToRemoteHost", "AWS-StartSSHSession",
            "AWS-StartPortForwardingSessionToRemoteHost", "Own-Doc", "SSM-*", "*-Doc",
            "AWS-StartInteractiveCommand", "arn:aws:ssm:*:*:document/Own-*",
            "arn:aws:ssm:us-*::document/AWS-*", "arn:*:ssm:*:111122223333:document/*",
            "SSM-SessionManagerRunShell", "AWS-StartPortForwardingSession"}));
  const int optional = allows ? 1 : 3;
  if (!allows || !chance(4)) {
    add(optional, "hosts",
        list({"any",
              "localhost",
              "*.example.com",
              "db*.example.com",
              "10.0.0.0/8",
              "127.0.0.1",
              "10.20.0.1",
              "db.example.com",
              "DB1.example.com.",
              "*.localhost",
              "0.0.0.0/0",
              "::/0",
              "127.0.0.0/8",
              "2001:db8::/32",
              "*.*.example.com",
              "a.*.corp.io",
              "fe80::/10",
              "x*.x-y.io",
              "*.io",
              "fd00::/8",
              "169.254.169.254",
              "::1"}));
    add(optional, "ports", list({"any", "any", "any", "22", "80-5432", "5432", "65535", "1-22"}));
    add(optional, "commands", list({"any", "any", "ls*", "id", "system* x", "ls -?"}));
  }
  add(5, "parameters", parameters());
  add(6, "reason", "\"" + pick({"^OPS", "OPS-[0-9]+$", "^hot"}) + '"');
  add(9 * rare, "not_before", time());
  add(9 * rare, "expires", time());
  add(7 * rare, "hours", hours());
  if (allows) add(4, "max_duration", pick({"30m", "90m", "8h", "45s"}));
  return out + "}\n";
}

std::string World::policy(int rules) {
  large_ = rules > 20;
  std::string out = "version: 1\ngroups: {team: [ann, bob], pair: [carol, dave]}\n";
  if (chance(5)) out += "mode: report\nuntil: " + time() + "\n";
  if (chance(6)) out += "default_document: " + pick({"Own-Doc", "AWS-StartSSHSession"}) + "\n";
  if (chance(6)) out += "message: Ask us.\n";
  out += "allow:\n";
  const int allows = 1 + below(rules);
  for (int i = 0; i < allows; ++i) out += rule("a" + std::to_string(i), true);
  const int denies = below(large_ ? 12 : 3);
  if (denies > 0) out += "deny:\n";
  for (int i = 0; i < denies; ++i) out += rule("d" + std::to_string(i), false);
  return out;
}

// A name in another spelling of itself.
std::string World::spelt(std::string host) {
  const bool name = host.find_first_of("ghijklmnopqrstuvwxyz") != std::string::npos;
  if (name && chance(4)) host[0] = static_cast<char>(host[0] >= 'a' ? host[0] - 32 : host[0]);
  if (name && chance(5)) host += '.';
  return host;
}

std::string World::sent_parameters() {
  std::string out;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!out.empty()) out += ',';
    out.append("\"").append(name).append("\":[\"") += value + "\"";
    const bool another = (name == "extra" && chance(3)) || chance(60);
    if (another) out += ",\"" + pick({"one", "80", "two"}) + "\"";
    out += ']';
  };
  if (chance(2)) add("host", chance(10) ? pick(kOddHosts) : spelt(pick(kHosts)));
  if (chance(2)) {
    const std::string port = chance(20) ? pick(kOddPorts) : pick(kPorts);
    if (!port.empty()) add("portNumber", port);
  }
  if (chance(4)) add("localPortNumber", chance(12) ? pick(kOddPorts) + "9" : pick({"0", "80"}));
  if (chance(4)) add("command", chance(20) ? "ls {{ssm:x}}" : pick(kCommands));
  if (chance(6)) add("extra", pick({"one", "two", "80", "db.example.com", "10.20.0.1"}));
  if (chance(30)) add("Host", "localhost");
  if (chance(60)) out += std::string(out.empty() ? "" : ",") + "\"other\":[]";
  return out;
}

Question World::question() {
  Question q;
  q.body = "{\"Target\":\"" + (chance(40) ? pick(kBadTargets) : pick(kTargets)) + '"';
  const std::string document = chance(40) ? pick(kOddDocuments) : pick(kDocuments);
  if (!document.empty()) q.body += ",\"DocumentName\":\"" + document + '"';
  if (chance(2)) q.body += ",\"Reason\":\"" + pick(kReasons) + '"';
  // Parameters that fit the document, most of the time.
  std::string parameters = sent_parameters();
  for (int i = 0; i < 40 && document.starts_with("AWS-Start"); ++i) {
    const bool host = parameters.find("\"host\"") != std::string::npos;
    const bool command = parameters.find("command") != std::string::npos;
    const bool wants_host = document.ends_with("Host");
    const bool wants_command = document.find("Command") != std::string::npos;
    if (host == wants_host && command == wants_command) break;
    parameters = sent_parameters();
  }
  q.body += ",\"Parameters\":{" + parameters + "}}";
  if (!chance(3)) q.user = pick(kUsers);
  if (chance(3)) q.unix_user = pick({"ann", "root"});
  for (int i = below(3); i > 0; --i) q.unix_groups.push_back(pick({"wheel", "users"}));
  q.client = pick({"127.0.0.1", "10.8.0.1", "::ffff:10.8.0.2", "::1", "2001:db8::9"});
  if (!chance(3)) q.account = pick(kAccounts);
  if (!chance(3)) q.access_key = pick(kKeys);
  if (!chance(3)) q.region = pick(kRegions);
  const bool elsewhere = document.starts_with("arn:") && !chance(6);
  if (elsewhere) q.region = document.substr(document.find("ssm:") + 4);
  if (elsewhere) q.region.erase(q.region.find(':'));
  // 2026-11-23 10:00:00 UTC, a Monday, and what is near it.
  constexpr std::int64_t kMonday = 1'795'428'000;
  q.now = kMonday + (chance(2) ? below(3) - 1 : below(14 * 86400) - 7 * 86400);
  return q;
}

}  // namespace ssmgate::naive
