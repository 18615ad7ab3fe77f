// An IAM policy document as its statements, each word with its place.
//
// Owns: the JSON shapes in which people and AWS's APIs hand policies out. Does not own: what a
// statement means for a session (parts.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssmgate/text/diagnostic.hpp"

namespace ssmgate::tools::iam {

struct Word {
  std::string text;
  Position where;
};

// One operator and one key of a Condition block.
struct Condition {
  std::string op;
  std::string key;  // as written; IAM ignores its case
  std::vector<std::string> values;
  Position where;
};

struct Statement {
  std::size_t number = 0;  // from 1, in the document's order
  std::string sid;         // may be empty
  Position where;
  bool allows = false;
  bool not_action = false;
  bool not_resource = false;
  std::vector<Word> actions;
  std::vector<Word> resources;
  std::vector<Condition> conditions;
};

struct PolicyDocument {
  bool variables = false;  // Version 2012-10-17: `${…}` is a variable, not text
  bool scp = false;        // AWS said that it is a service control policy
  std::vector<Statement> statements;
};

// The document in `text`, bare or as the APIs of IAM and Organizations return it (an object around
// it, as escaped or percent-encoded text). Every fault is appended to `diagnostics`; places inside
// a document that is itself a string are the string's.
[[nodiscard]] std::optional<PolicyDocument> read_policy_document(std::string_view text,
                                                                 Diagnostics& diagnostics);

// True when the statement is about `ssm:OPERATION`. Actions compare without case.
[[nodiscard]] bool covers_operation(const Statement& statement, std::string_view operation);

// "Statement `Sid`", or "Statement 3".
[[nodiscard]] std::string statement_name(const Statement& statement);

}  // namespace ssmgate::tools::iam
