#include "naive_iam.hpp"

#include <cctype>
#include <cstdint>
#include <vector>

#include <boost/json.hpp>

namespace json = boost::json;

namespace {

const std::string kShell = "SSM-SessionManagerRunShell";

bool glob(const std::string& p, const std::string& s, std::size_t i = 0, std::size_t j = 0) {
  if (i == p.size()) return j == s.size();
  if (p[i] == '*') {
    for (std::size_t k = j; k <= s.size(); ++k) {
      if (glob(p, s, i + 1, k)) return true;
    }
    return false;
  }
  return j < s.size() && (p[i] == '?' || p[i] == s[j]) && glob(p, s, i + 1, j + 1);
}

std::string lower(std::string s) {
  for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return s;
}

std::vector<std::string> split(const std::string& s) {
  std::vector<std::string> out(1);
  for (const char c : s) {
    if (c == ':') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

bool resource_matches(const std::string& pattern, const std::string& arn, Colons colons) {
  if (colons == Colons::whole_string || pattern == "*") return glob(pattern, arn);
  const auto p = split(pattern);
  auto s = split(arn);
  if (p.size() > s.size() || (p.size() < s.size() && !pattern.ends_with('*'))) return false;
  while (s.size() > p.size()) {
    const std::string last = s.back();
    s.pop_back();
    s.back() += ':' + last;
  }
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!glob(p[i], s[i])) return false;
  }
  return true;
}

std::vector<std::string> texts(const json::value& v) {
  std::vector<std::string> out;
  const auto add = [&](const json::value& x) {
    out.push_back(x.is_string() ? std::string(x.as_string()) : json::serialize(x));
  };
  if (v.is_array()) {
    for (const auto& x : v.as_array()) add(x);
  } else {
    add(v);
  }
  return out;
}

std::uint32_t address(const std::string& s) {
  std::uint32_t out = 0;
  std::uint32_t part = 0;
  for (const char c : s + '.') {
    if (c == '.') {
      out = (out << 8) | part;
      part = 0;
    } else {
      part = part * 10 + static_cast<std::uint32_t>(c - '0');
    }
  }
  return out;
}

bool in_block(const std::string& block, const std::string& client) {
  const std::size_t slash = block.find('/');
  const int bits = slash == std::string::npos ? 32 : std::stoi(block.substr(slash + 1));
  const std::uint32_t mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
  return (address(block.substr(0, slash)) & mask) == (address(client) & mask);
}

bool one_value(const std::string& op, const std::string& want, const std::string& have) {
  if (op == "Bool") return lower(want) == have;
  if (op == "IpAddress") return in_block(want, have);
  if (op == "StringEquals") return want == have;
  if (op == "StringLike") return glob(want, have);
  // Times are written alike, so they compare as texts.
  if (op == "DateLessThan") return have < want;
  if (op == "DateLessThanEquals") return have <= want;
  if (op == "DateGreaterThan") return have > want;
  if (op == "DateGreaterThanEquals") return have >= want;
  return false;
}

bool condition_holds(std::string op, const std::string& key, const json::value& values,
                     const IamRequest& r, bool checked) {
  if (op.ends_with("IfExists")) op.resize(op.size() - 8);
  std::string have;
  const std::string k = lower(key);
  if (k == "ssm:sessiondocumentaccesscheck") have = checked ? "true" : "false";
  if (k == "aws:sourceip") have = r.client;
  if (k == "aws:currenttime") have = r.time;
  if (k == "aws:requestedregion") have = r.region;
  if (k == "aws:principalaccount") have = r.account;
  if (k == "aws:multifactorauthpresent") have = r.mfa ? "true" : "false";
  if (k == "ssm:resourcetag/team") have = r.tag;
  bool negated = false;
  for (const std::string plain : {"IpAddress", "StringEquals", "StringLike"}) {
    const std::string no = plain == "IpAddress" ? "NotIpAddress" : "StringNot" + plain.substr(6);
    if (op != no) continue;
    op = plain;
    negated = true;
  }
  bool any = false;
  for (const std::string& want : texts(values)) any = any || one_value(op, want, have);
  return any != negated;
}

bool statement_matches(const json::object& s, const std::string& arn, const IamRequest& r,
                       bool checked, Colons colons) {
  bool action = false;
  const bool not_action = s.contains("NotAction");
  for (const std::string& a : texts(s.at(not_action ? "NotAction" : "Action"))) {
    action = action || glob(lower(a), "ssm:startsession");
  }
  if (action == not_action) return false;
  bool resource = false;
  const bool not_resource = s.contains("NotResource");
  for (const std::string& p : texts(s.at(not_resource ? "NotResource" : "Resource"))) {
    resource = resource || resource_matches(p, arn, colons);
  }
  if (resource == not_resource) return false;
  if (!s.contains("Condition")) return true;
  for (const auto& op : s.at("Condition").as_object()) {
    for (const auto& key : op.value().as_object()) {
      if (!condition_holds(std::string(op.key()), std::string(key.key()), key.value(), r,
                           checked)) {
        return false;
      }
    }
  }
  return true;
}

bool authorised(const json::value& policy, const std::string& arn, const IamRequest& r,
                bool checked, Colons colons) {
  bool allowed = false;
  for (const auto& statement : policy.at("Statement").as_array()) {
    const json::object& s = statement.as_object();
    if (!statement_matches(s, arn, r, checked, colons)) continue;
    if (s.at("Effect") == "Deny") return false;
    allowed = true;
  }
  return allowed;
}

std::string target_arn(const IamRequest& r) {
  const std::string place = r.region + ':' + r.account + ':';
  if (r.target.starts_with("i-")) return "arn:aws:ec2:" + place + "instance/" + r.target;
  if (r.target.starts_with("mi-")) return "arn:aws:ssm:" + place + "managed-instance/" + r.target;
  const std::string rest = r.target.substr(4, r.target.rfind('_') - 4);
  const std::size_t cut = rest.rfind('_');
  return "arn:aws:ecs:" + place + "task/" + rest.substr(0, cut) + '/' + rest.substr(cut + 1);
}

std::string document_arn(const IamRequest& r, const std::string& name) {
  if (name.starts_with("arn:")) return name;
  const std::string l = lower(name);
  const bool aws = l.starts_with("aws") || l.starts_with("amazon") || l.starts_with("amzn");
  return "arn:aws:ssm:" + r.region + ':' + (aws ? "" : r.account) + ":document/" + name;
}

}  // namespace

bool iam_allows(const json::value& policy, const IamRequest& r, Colons colons) {
  const auto ok = [&](const std::string& arn, bool checked) {
    return authorised(policy, arn, r, checked, colons);
  };
  const std::string document = document_arn(r, r.document.value_or(kShell));
  if (ok(target_arn(r), true) && ok(document, true)) return true;
  return r.document.value_or(kShell) == kShell && ok(target_arn(r), false);
}
