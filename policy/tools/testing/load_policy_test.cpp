// A policy-test file as data: every key known, every value of its form, nothing judged yet.
#include <array>
#include <map>

#include "rules/value_reader.hpp"
#include "ssmgate/tools/policy_test.hpp"
#include "tools/base64.hpp"
#include "tools/testing/expectation.hpp"
#include "tools/testing/request_json.hpp"

namespace ssmgate::tools {
namespace {

constexpr std::array<std::string_view, 3> kFileKeys = {"policy", "at", "cases"};
constexpr std::array<std::string_view, 18> kCaseKeys = {
    "name",    "user",   "unix_user", "unix_groups", "client",   "access_key",
    "account", "region", "at",        "request",     "body",     "body_base64",
    "expect",  "code",   "rule",      "nearest",     "reported", "effect",
};

struct TextKey {
  std::string_view key;
  std::optional<std::string> EvalCaller::*field;
};
constexpr std::array kCallerKeys = {
    TextKey{"user", &EvalCaller::user},       TextKey{"unix_user", &EvalCaller::unix_user},
    TextKey{"client", &EvalCaller::client},   TextKey{"access_key", &EvalCaller::access_key},
    TextKey{"account", &EvalCaller::account}, TextKey{"region", &EvalCaller::region},
    TextKey{"at", &EvalCaller::at},
};

class TestLoader {
 public:
  explicit TestLoader(Diagnostics& diagnostics) : in_(diagnostics) {}

  PolicyTest load(const TreeNode& root) {
    PolicyTest test;
    if (root.kind != TreeNode::Kind::mapping) {
      in_.error(root.where, "a policy test is a mapping of keys, not " +
                                std::string(kind_name(root.kind)) +
                                "; begin with `policy: policy.yaml`");
      return test;
    }
    report_unknown_keys(root, kFileKeys, "a policy test", in_.diagnostics());
    load_policy_path(root, test);
    if (const TreeNode* at = root.find("at")) at_ = caller_text(*at, kCallerKeys.back());
    load_cases(root, test);
    return test;
  }

 private:
  void load_policy_path(const TreeNode& root, PolicyTest& test) {
    const TreeNode* policy = root.find("policy");
    if (policy == nullptr) {
      in_.error({1, 1},
                "missing `policy`; write the policy file's path, relative to this file, such as "
                "`policy: policy.yaml`");
      return;
    }
    const auto text = in_.text(*policy, "policy");
    if (text && text->empty()) in_.error(policy->where, "`policy` is empty; write a path");
    test.policy = text.value_or("");
    test.policy_where = policy->where;
  }

  void load_cases(const TreeNode& root, PolicyTest& test) {
    const TreeNode* cases = root.find("cases");
    if (cases == nullptr) {
      in_.error({1, 1}, "missing `cases`; write `cases:` and one `- name: …` for each request");
      return;
    }
    if (cases->kind != TreeNode::Kind::sequence) {
      in_.error(cases->where, "`cases` must be a list of cases, not " +
                                  std::string(kind_name(cases->kind)) +
                                  "; write `- name: …` below it");
      return;
    }
    if (cases->items.empty()) {
      in_.error(cases->where, "`cases` is empty, so nothing would be tested; write a case");
    }
    test.cases.reserve(cases->items.size());
    for (const TreeNode& item : cases->items) test.cases.push_back(load_case(item));
  }

  PolicyTestCase load_case(const TreeNode& node) {
    PolicyTestCase made;
    made.where = node.where;
    if (node.kind != TreeNode::Kind::mapping) {
      in_.error(node.where, "a case is a mapping of keys, not " +
                                std::string(kind_name(node.kind)) + "; begin with `name: …`");
      return made;
    }
    report_unknown_keys(node, kCaseKeys, "a case", in_.diagnostics());
    load_name(node, made);
    load_caller(node, made.caller);
    load_body(node, made);
    made.expect = load_expectation(node, in_);
    return made;
  }

  void load_name(const TreeNode& node, PolicyTestCase& made) {
    const TreeNode* name = node.find("name");
    if (name == nullptr) {
      in_.error(node.where, "a case needs a `name`; say what it shows");
      return;
    }
    const auto text = in_.text(*name, "name");
    if (!text) return;
    if (text->empty()) in_.error(name->where, "`name` is empty; say what the case shows");
    made.name = *text;
    const auto [first, fresh] = names_.try_emplace(made.name, name->where);
    if (fresh || text->empty()) return;
    in_.error(name->where, "the name " + in_backticks(*text) + " is used twice, first at line " +
                               std::to_string(first->second.line) + "; give every case its own");
  }

  std::optional<std::string> caller_text(const TreeNode& node, const TextKey& known) {
    const auto text = in_.text(node, known.key);
    if (!text) return std::nullopt;
    EvalCaller alone;
    alone.*known.field = std::string(*text);
    std::string fault = find_caller_fault(alone);
    if (fault.empty()) return std::string(*text);
    in_.error(node.where, std::move(fault));
    return std::nullopt;
  }

  void load_caller(const TreeNode& node, EvalCaller& caller) {
    for (const TextKey& known : kCallerKeys) {
      const TreeNode* value = node.find(known.key);
      if (value != nullptr) caller.*known.field = caller_text(*value, known);
    }
    if (const TreeNode* groups = node.find("unix_groups")) load_groups(*groups, caller);
    if (node.find("at") == nullptr) caller.at = at_;
    // Each alone was fine: what is left is an account that the access key denies.
    std::string fault = find_caller_fault(caller);
    if (!fault.empty()) in_.error(node.find("account")->where, std::move(fault));
  }

  void load_groups(const TreeNode& node, EvalCaller& caller) {
    if (node.kind == TreeNode::Kind::sequence && node.items.empty()) return;
    for (const TreeNode& item : in_.list(node, "unix_groups")) {
      const auto text = in_.text(item, "unix_groups");
      if (!text) continue;
      if (text->empty()) in_.error(item.where, "an empty group name; write a group's name");
      caller.unix_groups.emplace_back(*text);
    }
  }

  void load_body(const TreeNode& node, PolicyTestCase& made) {
    const TreeNode* request = node.find("request");
    const TreeNode* body = node.find("body");
    const TreeNode* base64 = node.find("body_base64");
    const int given = (request != nullptr) + (body != nullptr) + (base64 != nullptr);
    if (given != 1) {
      in_.error(node.where, given == 0
                                ? "a case needs a `request`; write one such as `request: {Target: "
                                  "i-0abc123def4567890}`, or the raw text as `body`"
                                : "a case has one of `request`, `body` and `body_base64`; remove "
                                  "the others");
    }
    if (request != nullptr) load_request(*request, made);
    if (body != nullptr) {
      if (body->kind == TreeNode::Kind::mapping) {
        in_.error(body->where,
                  "`body` is the raw text of a request; write `request` for a mapping");
      } else if (const auto text = in_.text(*body, "body")) {
        made.body = *text;
      }
    }
    if (base64 != nullptr) load_base64(*base64, made);
  }

  void load_request(const TreeNode& node, PolicyTestCase& made) {
    if (node.kind != TreeNode::Kind::mapping) {
      in_.error(node.where,
                "`request` must be a mapping such as {Target: i-0abc123def4567890}, "
                "not " +
                    std::string(kind_name(node.kind)) + "; write `body` for raw text");
      return;
    }
    RequestJson json = render_request_json(node, in_.diagnostics());
    made.body = std::move(json.text);
    made.untyped = json.untyped;
  }

  void load_base64(const TreeNode& node, PolicyTestCase& made) {
    const auto text = in_.text(node, "body_base64");
    if (!text) return;
    auto bytes = decode_base64(*text);
    if (bytes) {
      made.body = std::move(*bytes);
    } else {
      in_.error(node.where, "`body_base64` is no base64 (RFC 4648, with padding, on one line)");
    }
  }

  ValueReader in_;
  std::optional<std::string> at_;
  std::map<std::string, Position> names_;
};

}  // namespace

LoadedPolicyTest load_policy_test(std::string_view text) {
  LoadedPolicyTest loaded;
  if (const auto root = parse_tree(text, loaded.diagnostics)) {
    loaded.test = TestLoader(loaded.diagnostics).load(*root);
  }
  sort_diagnostics(loaded.diagnostics);
  if (has_errors(loaded.diagnostics)) loaded.test.reset();
  return loaded;
}

}  // namespace ssmgate::tools
