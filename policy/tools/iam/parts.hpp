// What a statement's resources are to a session: targets, documents, or neither.
//
// Owns: the ARNs of managed nodes, tasks and documents, each as entries of a rule. Does not own:
// how statements combine (allow_rules.cpp, deny_rules.cpp).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tools/iam/arn.hpp"
#include "tools/iam/bounds.hpp"
#include "tools/iam/document.hpp"

namespace ssmgate::tools::iam {

// What stands before a document's name in its ARN's resource.
inline constexpr std::string_view kDocumentPrefix = "document/";

using Entries = std::set<std::string>;

struct Finding {
  Position where;
  std::string text;
};

struct Parts {
  std::map<Bounds, Entries> targets;    // entries of `targets`
  std::map<Bounds, Entries> documents;  // entries of `documents`
  // A deny of the caller's own documents that these globs match, where no entry says so.
  std::map<Bounds, Entries> own_documents;
  std::vector<Finding> lost;      // the entries are narrower (allow) or wider (deny) than IAM
  std::vector<Finding> mistakes;  // matches nothing, though its author hardly meant so
  bool remote_host = false;       // documents hold AWS-StartPortForwardingSessionToRemoteHost
};

// The resources of a statement that has `Resource`; an allow is read narrowly, a deny widely.
[[nodiscard]] Parts read_parts(const Statement& statement, bool variables);

// The same for an Allow that has `NotResource`.
[[nodiscard]] Parts read_allowed_rest(const Statement& statement, bool variables);

// True when a Deny's `NotResource` spares this entry of an allow rule, wherever it is.
[[nodiscard]] bool spares_document(const Statement& statement, const std::string& entry);
[[nodiscard]] bool spares_target(const Statement& statement, const std::string& entry);

// `i-*`, `mi-*` and `ecs:*`.
[[nodiscard]] bool are_all_targets(const Entries& targets);

inline constexpr std::string_view kShell = "SSM-SessionManagerRunShell";
inline constexpr std::string_view kRemoteHost = "AWS-StartPortForwardingSessionToRemoteHost";

}  // namespace ssmgate::tools::iam
