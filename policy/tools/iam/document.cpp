#include "tools/iam/document.hpp"

#include <algorithm>
#include <array>

#include "names/ascii.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/text/fields.hpp"
#include "ssmgate/text/json_tree.hpp"
#include "tools/iam/unwrap.hpp"

namespace ssmgate::tools::iam {
namespace {

using Kind = TreeNode::Kind;

// LIMIT: IAM takes policies of 10,240 characters at most, blanks not counted, and so some 500 ARNs.
constexpr std::size_t kMaxText = 256 * 1024;
constexpr std::size_t kMaxResources = 1000;
constexpr std::size_t kMaxValues = 1000;
constexpr std::size_t kMaxAction = 256;
constexpr std::size_t kMaxArn = 2048;

constexpr std::array<std::string_view, 3> kPolicyKeys = {"Version", "Id", "Statement"};
constexpr std::array<std::string_view, 7> kStatementKeys = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"};

class DocumentReader {
 public:
  explicit DocumentReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  PolicyDocument policy(const TreeNode& root) {
    PolicyDocument out;
    report_unknown_keys(root, kPolicyKeys, "a policy", diagnostics_);
    if (const TreeNode* version = root.find("Version")) out.variables = has_variables(*version);
    const TreeNode* statements = root.find("Statement");
    if (statements == nullptr) {
      error(root.where,
            "missing `Statement`; a policy is `{\"Version\": \"2012-10-17\", "
            "\"Statement\": [...]}`");
      return out;
    }
    if (statements->kind == Kind::mapping) {
      add_statement(*statements, out);
    } else if (statements->kind == Kind::sequence && statements->items.empty()) {
      error(statements->where, "`Statement` is empty; write a statement, or a list of them");
    } else if (statements->kind != Kind::sequence) {
      error(statements->where, "`Statement` must be a statement or a list of them");
    }
    for (const TreeNode& item : statements->items) add_statement(item, out);
    if (resources_ > kMaxResources) {
      error(statements->where, "more than 1000 resources, which no policy of IAM has; split it");
    }
    if (values_ > kMaxValues) {
      error(statements->where,
            "more than 1000 values of conditions, which no policy of IAM has; split it");
    }
    return out;
  }

 private:
  void error(Position where, std::string text) {
    report_error(diagnostics_, where, std::move(text));
  }

  bool has_variables(const TreeNode& version) {
    if (version.kind == Kind::string && version.scalar == "2012-10-17") return true;
    if (version.kind != Kind::string || version.scalar != "2008-10-17") {
      error(version.where, in_backticks(version.scalar) +
                               " is no version of the policy language; write \"2012-10-17\"");
    }
    return false;
  }

  // The texts of a string or a list of strings.
  std::vector<Word> words(const TreeNode& node, std::string_view key) {
    std::vector<Word> out;
    const auto take = [&](const TreeNode& item) {
      if (item.kind != Kind::string || item.scalar.empty()) {
        error(item.where, "`" + std::string(key) + "` must be text or a list of texts");
      } else {
        out.push_back({item.scalar, item.where});
      }
    };
    if (node.kind != Kind::sequence) {
      take(node);
    } else if (node.items.empty()) {
      error(node.where, "`" + std::string(key) +
                            "` is an empty list; name something, or remove "
                            "the statement");
    }
    for (const TreeNode& item : node.items) take(item);
    return out;
  }

  // One of `Action` and `NotAction`, of `Resource` and `NotResource`.
  std::vector<Word> one_of(const TreeNode& node, std::string_view key, bool& negated) {
    const std::string other = "Not" + std::string(key);
    const TreeNode* plain = node.find(key);
    const TreeNode* inverse = node.find(other);
    if ((plain == nullptr) == (inverse == nullptr)) {
      error(node.where, "a statement needs " + std::string(plain == nullptr ? "" : "only ") +
                            "one of `" + std::string(key) + "` and `" + other + "`");
      return {};
    }
    negated = inverse != nullptr;
    return negated ? words(*inverse, other) : words(*plain, key);
  }

  void check_action(const Word& action) {
    const std::size_t colon = action.text.find(':');
    const bool named = colon != std::string::npos && colon > 0 && colon + 1 < action.text.size();
    if ((named || action.text == "*") && action.text.size() <= kMaxAction) return;
    error(action.where, in_backticks(action.text) +
                            " is no action; write `SERVICE:OPERATION`, such as "
                            "`ssm:StartSession`");
  }

  void check_resource(const Word& resource) {
    const bool visible = std::none_of(resource.text.begin(), resource.text.end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    const bool arn = resource.text == "*" || resource.text.starts_with("arn:");
    if (arn && visible && resource.text.size() <= kMaxArn) return;
    error(resource.where, in_backticks(resource.text) +
                              " is no resource; write `*` or an ARN, such as "
                              "`arn:aws:ec2:*:*:instance/*`");
  }

  void add_condition(const TreeEntry& op, const TreeEntry& key, Statement& out) {
    Condition made{op.key, key.key, {}, key.where};
    const auto take = [&](const TreeNode& value) {
      if (!value.is_scalar() || value.kind == Kind::null) {
        error(value.where, "a condition's value must be text, a number, true or false");
      } else {
        made.values.push_back(value.scalar);
      }
    };
    if (key.value.kind == Kind::sequence) {
      for (const TreeNode& item : key.value.items) take(item);
    } else {
      take(key.value);
    }
    values_ += made.values.size();
    out.conditions.push_back(std::move(made));
  }

  void conditions(const TreeNode& node, Statement& out) {
    if (node.kind != Kind::mapping) {
      error(node.where,
            "`Condition` must be an object of operators; write `{\"StringEquals\": "
            "{\"KEY\": \"VALUE\"}}`");
    }
    for (const TreeEntry& op : node.entries) {
      if (op.value.kind != Kind::mapping) {
        error(op.value.where, "the operator " + in_backticks(op.key) +
                                  " must hold an object; write `{\"KEY\": \"VALUE\"}`");
      }
      for (const TreeEntry& key : op.value.entries) add_condition(op, key, out);
    }
  }

  void add_statement(const TreeNode& node, PolicyDocument& policy) {
    Statement out;
    out.number = policy.statements.size() + 1;
    out.where = node.where;
    if (node.kind != Kind::mapping) {
      error(node.where, "a statement must be an object, not " + std::string(kind_name(node.kind)));
      return;
    }
    report_statement_keys(node);
    if (const TreeNode* sid = node.find("Sid")) {
      if (sid->kind != Kind::string) error(sid->where, "`Sid` must be text");
      out.sid = sid->scalar;
    }
    const TreeNode* effect = node.find("Effect");
    const bool known = effect != nullptr && effect->kind == Kind::string &&
                       (effect->scalar == "Allow" || effect->scalar == "Deny");
    if (!known) {
      error(effect == nullptr ? node.where : effect->where,
            "`Effect` must be \"Allow\" or \"Deny\", in this case");
    }
    out.allows = known && effect->scalar == "Allow";
    out.actions = one_of(node, "Action", out.not_action);
    out.resources = one_of(node, "Resource", out.not_resource);
    for (const Word& action : out.actions) check_action(action);
    for (const Word& resource : out.resources) check_resource(resource);
    resources_ += out.resources.size();
    if (const TreeNode* condition = node.find("Condition")) conditions(*condition, out);
    policy.statements.push_back(std::move(out));
  }

  void report_statement_keys(const TreeNode& node) {
    TreeNode rest;
    for (const TreeEntry& entry : node.entries) {
      if (entry.key != "Principal" && entry.key != "NotPrincipal") {
        rest.entries.push_back({entry.key, entry.where, {}});
        continue;
      }
      error(entry.where, "`" + entry.key +
                             "` belongs to a resource's policy; import the policy of a user, "
                             "group or role, or a service control policy");
    }
    report_unknown_keys(rest, kStatementKeys, "a statement", diagnostics_);
  }

  Diagnostics& diagnostics_;
  std::size_t resources_ = 0;
  std::size_t values_ = 0;
};

bool covers_any(const std::vector<Word>& actions, std::string_view wanted) {
  return std::any_of(actions.begin(), actions.end(), [&](const Word& action) {
    return glob_matches(ascii::to_lower(action.text), wanted);
  });
}

}  // namespace

std::optional<PolicyDocument> read_policy_document(std::string_view text,
                                                   Diagnostics& diagnostics) {
  if (text.size() > kMaxText) {
    report_error(diagnostics, {}, "the file is larger than 256 KiB, which no policy of IAM is");
    return std::nullopt;
  }
  const auto unwrapped = unwrap_policy(text, diagnostics);
  if (!unwrapped) return std::nullopt;
  Diagnostics found;
  PolicyDocument out = DocumentReader(found).policy(unwrapped->root);
  out.scp = unwrapped->scp;
  if (unwrapped->inside) move_inside(*unwrapped->inside, found);
  for (Statement& statement : out.statements) {
    if (!unwrapped->inside) continue;
    statement.where = *unwrapped->inside;
    for (Word& word : statement.actions) word.where = *unwrapped->inside;
    for (Word& word : statement.resources) word.where = *unwrapped->inside;
    for (Condition& condition : statement.conditions) condition.where = *unwrapped->inside;
  }
  diagnostics.insert(diagnostics.end(), found.begin(), found.end());
  if (has_errors(diagnostics)) return std::nullopt;
  return out;
}

bool covers_operation(const Statement& statement, std::string_view operation) {
  const std::string wanted = "ssm:" + ascii::to_lower(operation);
  return covers_any(statement.actions, wanted) != statement.not_action;
}

std::string statement_name(const Statement& statement) {
  return statement.sid.empty() ? "statement " + std::to_string(statement.number)
                               : "statement " + in_backticks(statement.sid);
}

}  // namespace ssmgate::tools::iam
