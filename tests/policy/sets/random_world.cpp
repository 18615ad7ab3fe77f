#include "policy/sets/random_world.hpp"

namespace ssmgate::random_world {
namespace {

using Words = std::vector<std::string>;

const Words kTimes = {"2026-01-01", "2026-06-01T12:00:00Z", "2027-01-01", "2026-11-23T10:00:00.5Z"};
const Words kHours = {
    "{days: mon-fri, from: \"09:00\", to: \"18:00\", zone: Asia/Tokyo}",
    "{from: \"08:00\", to: \"17:00\", zone: Europe/Berlin}",
    "{from: \"08:00\", to: \"17:00\", zone: Africa/Lagos}",
    "{days: [sat, sun], from: \"22:00\", to: \"02:00\", zone: UTC}",
};

const Words kAskedDocuments = {
    "",
    "SSM-SessionManagerRunShell",
    "AWS-StartPortForwardingSession",
    "AWS-StartPortForwardingSessionToRemoteHost",
    "AWS-StartSSHSession",
    "AWS-StartInteractiveCommand",
    "AWS-Other",
    "Own-Doc",
    "arn:aws:ssm:us-east-1:111122223333:document/Own-Doc",
    "arn:aws:ssm:us-east-1:999988887777:document/AWS-StartSSHSession",
    "arn:aws-cn:ssm:cn-north-1:111122223333:document/Own-Doc",
    "arn:aws:ssm:us-east-1::document/AWS-StartSSHSession",
};

const Words kAskedHosts = {
    "localhost", "db.example.com", "10.20.0.1",   "127.0.0.1",   "a.b.corp.io",
    "::1",       "10.30.0.1",      "x.localhost", "2001:db8::1", "db.corp.io"};

}  // namespace

std::string World::pick(const Words& words) {
  return words[static_cast<std::size_t>(below(static_cast<int>(words.size())))];
}

std::string World::list(const Words& words) {
  std::string out = "[\"" + pick(words) + '"';
  while (chance(2)) out += ", \"" + pick(words) + '"';
  return out + "]";
}

std::string World::rule(const std::string& id, bool allows, bool regexes) {
  std::string out = "  - {id: " + id;
  const auto add = [&](int of, std::string_view key, const std::string& value) {
    if (chance(of)) out.append(", ").append(key).append(": ") += value;
  };
  if (chance(6)) out += ", mode: report, until: " + pick(kTimes);
  add(3, "users", list({"ann", "bob", "any", "unix:root", "unix:ann", "unix:%wheel", "unix:%ops"}));
  add(6, "clients", list({"10.8.0.0/16", "10.8.1.0/24", "127.0.0.1", "::/0", "0.0.0.0/0"}));
  add(6, "accounts", list({"111122223333", "999988887777"}));
  add(7, "access_keys", list({"AKIA*", "A?IA*", "*", "ASIA????????????????"}));
  add(6, "regions", list({"us-*", "ap-northeast-1", "*", "cn-*", "us-east-?"}));
  add(4, "targets", list({"i-*", "i-00000001", "*", "mi-*", "ecs:*", "i-????????"}));
  add(allows ? 1 : 2, "documents",
      list({"*", "AWS-*", "AWS-StartPortForwardingSessionToRemoteHost", "AWS-StartSSHSession",
            "AWS-StartPortForwarding*", "Own-Doc", "SSM-*", "SSM-SessionManagerRunShell",
            "?*-*Doc*", "AWS-StartInteractiveCommand", "arn:aws:ssm:*:*:document/Own-*",
            "arn:aws:ssm:us-*::document/AWS-*", "arn:*:ssm:*:111122223333:document/*"}));
  const bool said = !allows || !chance(5);
  if (said) {
    const int of = allows ? 1 : 3;
    add(of, "hosts",
        list({"any", "localhost", "*.example.com", "10.0.0.0/8", "127.0.0.1", "10.20.0.0/16",
              "*.corp.io", "d*.example.com", "::/0", "*.localhost"}));
    add(of, "ports", list({"any", "22", "80-5432", "5432", "1-79"}));
    add(of, "commands", list({"any", "ls*", "id", "l?", "*s"}));
  }
  if (chance(4)) {
    out += ", parameters: {" + pick({"extra", "localPortNumber", "other"}) + ": " +
           pick({"any", "[\"o*\", \"0\"]", "[\"*\"]", "{port: [\"1-9\", 22]}", "[\"?\"]"}) + '}';
  }
  if (regexes) add(5, "reason", "\"" + pick({"^OPS", "^OPS-[0-9]+", "x"}) + "\"");
  if (chance(8)) out += ", not_before: " + pick({"2025-01-01", "2026-06-01T12:00:00Z"});
  if (chance(8)) out += ", expires: " + pick({"2027-01-01", "2027-06-01"});
  add(8, "hours", pick(kHours));
  if (allows) add(3, "max_duration", pick({"1h", "90m", "8h"}));
  return out + "}\n";
}

std::string World::top(bool) {
  std::string out = "version: 1\n";
  if (chance(12)) out += "mode: report\nuntil: " + pick(kTimes) + "\n";
  if (chance(6)) {
    out += "default_document: " +
           pick({"AWS-StartSSHSession", "Own-Doc", "AWS-StartPortForwardingSession"}) + "\n";
  }
  return out;
}

std::string World::policy(bool regexes) {
  std::string out = top(regexes) + "allow:\n";
  const int allows = 1 + below(4);
  for (int i = 0; i < allows; ++i) out += rule("a" + std::to_string(i), true, regexes);
  const int denies = below(3);
  if (denies > 0) out += "deny:\n";
  for (int i = 0; i < denies; ++i) out += rule("d" + std::to_string(i), false, regexes);
  return out;
}

std::string World::variant(const std::string& policy, bool regexes) {
  std::string out;
  std::size_t begin = 0;
  bool settings = true;
  int added = 0;
  while (begin < policy.size()) {
    const std::size_t end = policy.find('\n', begin) + 1;
    const std::string line = policy.substr(begin, end - begin);
    begin = end;
    if (line == "allow:\n" && settings) {
      if (chance(8)) out = top(regexes);
      settings = false;
    }
    const bool is_rule = line.starts_with("  - {id: ");
    if (!is_rule || !chance(3)) {
      out += line;
      continue;
    }
    const bool allows = line[9] == 'a';
    switch (below(3)) {
      case 0: out += rule(line.substr(9, 2), allows, regexes); break;
      case 1: out += line + rule("n" + std::to_string(added++), allows, regexes); break;
      default: out += line; break;
    }
  }
  return out;
}

Request World::request() {
  Request made;
  std::string& body = made.body;
  body = "{\"Target\":\"" +
         pick({"i-00000001", "i-0000000100000001a", "mi-0123456789abcdef0", "ecs:a_b_c"}) + '"';
  const std::string document = pick(kAskedDocuments);
  if (!document.empty()) body += ",\"DocumentName\":\"" + document + '"';
  if (chance(2)) body += ",\"Reason\":\"" + pick({"OPS-1", "x", "OPS"}) + '"';
  std::string parameters;
  const auto add = [&](std::string_view name, const Words& values) {
    if (!parameters.empty()) parameters += ',';
    parameters.append("\"").append(name).append("\":[\"") += pick(values) + "\"";
    if (name == "extra" && chance(3)) parameters += ",\"" + pick(values) + "\"";
    parameters += ']';
  };
  if (chance(3)) add("host", kAskedHosts);
  if (chance(3)) add("portNumber", {"22", "80", "5432", "1", "6000"});
  if (chance(5)) add("localPortNumber", {"0", "8080", "7", "22"});
  if (chance(4)) add("command", {"ls", "ls -l", "id", "ps"});
  if (chance(5)) add("extra", {"one", "two", "0", "7"});
  if (chance(8)) add("other", {"one", "7"});
  body += ",\"Parameters\":{" + parameters + "}}";
  tools::EvalCaller& caller = made.caller;
  if (chance(2)) caller.user = pick({"ann", "bob", "zed"});
  if (chance(3)) caller.unix_user = pick({"ann", "root", "zed"});
  if (chance(3)) caller.unix_groups = {pick({"wheel", "users"})};
  if (chance(6)) caller.unix_groups.push_back("ops");
  caller.client = pick({"127.0.0.1", "10.8.0.1", "::ffff:10.8.1.2", "::1", "192.0.2.1"});
  if (chance(2)) {
    caller.account = pick({"111122223333", "999988887777", "444455556666"});
  } else if (chance(2)) {
    caller.access_key = pick({"AKIAIOSFODNN7EXAMPLE", "ASIAY34FZKBOKMUTVV7A", "AXIAY"});
  }
  if (!chance(8)) caller.region = pick({"us-east-1", "ap-northeast-1", "cn-north-1", "us-west-2"});
  caller.at = pick({"2026-11-23T10:00:00Z", "2026-11-23T08:00:00.5Z", "2025-06-01T00:00:00Z",
                    "2027-07-03T23:00:00Z", "2027-01-15T07:30:00Z", "2026-07-15T16:30:00Z",
                    "2024-02-02T02:02:02Z"});
  return made;
}

}  // namespace ssmgate::random_world
