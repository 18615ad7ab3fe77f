#include "tools/iam/conditions.hpp"

#include <algorithm>

#include "names/ascii.hpp"
#include "rules/glob_language.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/names/ip_address.hpp"

namespace ssmgate::tools::iam {
namespace {

constexpr std::string_view kIfExists = "IfExists";

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of(kDigits) == std::string_view::npos;
}

class ConditionsReader {
 public:
  ConditionsReader(const Statement& statement, bool variables)
      : statement_(statement), variables_(variables) {}

  Conditions read() {
    for (const Condition& condition : statement_.conditions) read_one(condition);
    out_.named_negatively = negative_ && statement_.conditions.size() == 1;
    if (negative_ && !out_.named_negatively) lose(*negative_, "it is a negation beside others");
    return std::move(out_);
  }

 private:
  void lose(const Condition& condition, std::string_view why) {
    out_.lost.push_back(
        {condition.where, in_backticks(condition.op) + " of " + in_backticks(condition.key) +
                              " cannot be carried over (" + std::string(why) + ")"});
  }

  void narrow(const Bounds& bounds) {
    bool exact = true;
    auto both = intersect(out_.bounds, bounds, exact);
    if (both && exact) {
      out_.bounds = std::move(*both);
    } else if (exact) {
      out_.never = true;
    } else {
      out_.lost.push_back({statement_.where,
                           "its conditions on regions overlap in a way that no "
                           "rule says"});
    }
  }

  // Positive: narrows. Negative: kept apart, and only the first.
  void put(const Condition& condition, Bounds bounds, bool negative) {
    if (!negative) return narrow(bounds);
    if (negative_ != nullptr) return lose(condition, "it is a second negation");
    negative_ = &condition;
    out_.outside = std::move(bounds);
  }

  void read_one(const Condition& condition) {
    const bool has_variable =
        variables_ && std::any_of(condition.values.begin(), condition.values.end(),
                                  [](const std::string& v) { return v.find("${") != v.npos; });
    if (condition.values.empty()) return lose(condition, "it has no value");
    if (has_variable) return lose(condition, "it uses a policy variable");
    std::string_view op = condition.op;
    if (op.ends_with(kIfExists)) op.remove_suffix(kIfExists.size());
    const std::string key = ascii::to_lower(condition.key);
    if (key == "ssm:sessiondocumentaccesscheck") return read_check(condition, op);
    if (key == "aws:sourceip") return read_clients(condition, op);
    if (key == "aws:currenttime") return read_time(condition, op);
    if (key == "aws:requestedregion") return read_regions_of(condition, op);
    if (key == "aws:principalaccount") return read_accounts(condition, op);
    if (key == "aws:resourceaccount") {
      return lose(condition,
                  "an AWS-owned document is in no account of yours; use "
                  "aws:PrincipalAccount");
    }
    lose(condition, "ssmgate has no such criterion");
  }

  void read_check(const Condition& condition, std::string_view op) {
    const std::string value = ascii::to_lower(condition.values.front());
    const bool known = value == "true" || value == "false";
    if (op != "Bool" || condition.values.size() != 1 || !known) {
      return lose(condition, "write `\"BoolIfExists\": \"true\"`");
    }
    (value == "true" ? out_.checked : out_.unchecked) = true;
    out_.never = out_.never || (out_.checked && out_.unchecked);
  }

  void read_clients(const Condition& condition, std::string_view op) {
    if (op != "IpAddress" && op != "NotIpAddress") {
      return lose(condition, "`IpAddress` is the operator for addresses");
    }
    Bounds bounds;
    for (const std::string& value : condition.values) {
      const auto block = parse_cidr(value);
      constexpr int kMappedPrefix = 96;
      const bool mapped = block && block->prefix_length() >= kMappedPrefix &&
                          unmapped(block->base()) != block->base();
      if (!block || mapped) return lose(condition, in_backticks(value) + " is no address or CIDR");
      bounds.clients.push_back(value);
    }
    put(condition, std::move(bounds), op == "NotIpAddress");
  }

  void read_time(const Condition& condition, std::string_view op) {
    const auto time = parse_instant(condition.values.front());
    if (condition.values.size() != 1 || !time) {
      return lose(condition, "its value is not one time such as `2026-12-31T23:59:59Z`");
    }
    using std::chrono::seconds;
    // IAM's clock may be finer than a second: an allow is the narrower, a deny the wider.
    const Instant whole = std::chrono::floor<seconds>(*time);
    const Instant above = whole == *time ? whole : Instant(whole + seconds(1));
    const Instant next = whole + seconds(1);
    const bool allows = statement_.allows;
    Bounds bounds;
    if (op == "DateLessThan") {
      bounds.expires = allows ? whole : above;
    } else if (op == "DateLessThanEquals") {
      bounds.expires = allows ? whole : next;
    } else if (op == "DateGreaterThanEquals") {
      bounds.not_before = allows ? above : whole;
    } else if (op == "DateGreaterThan") {
      bounds.not_before = allows ? next : whole;
    } else {
      return lose(condition, "a rule knows `not_before` and `expires` alone");
    }
    narrow(bounds);
  }

  void read_regions_of(const Condition& condition, std::string_view op) {
    const bool like = op == "StringLike" || op == "StringNotLike";
    const bool negative = op == "StringNotLike" || op == "StringNotEquals";
    if (!like && !negative && op != "StringEquals") {
      return lose(condition, "a rule knows `regions` alone");
    }
    Bounds bounds;
    for (const std::string& value : condition.values) {
      if ((like || !has_glob(value)) && can_match_region(value)) bounds.regions.push_back(value);
    }
    if (bounds.regions.empty()) return lose(condition, "its value is no region");
    put(condition, std::move(bounds), negative);
  }

  void read_accounts(const Condition& condition, std::string_view op) {
    const bool like = op == "StringLike" || op == "StringNotLike";
    const bool negative = op == "StringNotLike" || op == "StringNotEquals";
    if (!like && !negative && op != "StringEquals") {
      return lose(condition, "a rule knows `accounts` alone");
    }
    Bounds bounds;
    for (const std::string& value : condition.values) {
      if (!is_account(value)) return lose(condition, in_backticks(value) + " is no account");
      bounds.accounts.push_back(value);
    }
    put(condition, std::move(bounds), negative);
  }

  const Statement& statement_;
  bool variables_;
  Conditions out_;
  const Condition* negative_ = nullptr;
};

}  // namespace

Conditions read_conditions(const Statement& statement, bool variables) {
  return ConditionsReader(statement, variables).read();
}

}  // namespace ssmgate::tools::iam
