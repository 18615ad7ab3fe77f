// NotResource: everything but what is named, as far as rules can say it.
#include <algorithm>

#include "ssmgate/names/document.hpp"
#include "ssmgate/names/glob.hpp"
#include "tools/iam/parts.hpp"

namespace ssmgate::tools::iam {
namespace {

// What is left out of "everything" by one of the patterns, under any reading.
bool excludes_document(const Statement& statement, std::string_view name, bool aws_owned) {
  return std::any_of(statement.resources.begin(), statement.resources.end(), [&](const Word& word) {
    const auto ways = read_resource(widen_variables(word.text), Reading::wide);
    return std::any_of(ways.begin(), ways.end(), [&](const ArnFields& f) {
      return glob_matches(f.service, "ssm") &&
             glob_matches(f.resource, std::string(kDocumentPrefix).append(name)) &&
             (!aws_owned || f.account.empty() || matches_all(f.account));
    });
  });
}

bool is_everywhere(const ArnFields& fields) {
  return glob_matches(fields.partition, "aws") && matches_all(fields.region);
}

}  // namespace

Parts read_allowed_rest(const Statement& statement, bool variables) {
  Statement deny = statement;
  deny.allows = false;
  const Parts excluded = read_parts(deny, variables);
  Parts out;
  out.lost.push_back({statement.where,
                      "`NotResource` allows every document but some, so tomorrow's "
                      "as well; the rules name the known ones: add others by "
                      "name"});
  if (excluded.targets.empty()) {
    out.targets[{}] = {"i-*", "mi-*", "ecs:*"};
  } else {
    out.lost.push_back({statement.where,
                        "`NotResource` allows every target but some, which no "
                        "allow rule can say; name the targets"});
  }
  Entries& documents = out.documents[{}];
  for (const CatalogueEntry& entry : catalogue()) {
    if (!excludes_document(statement, entry.name, true)) documents.emplace(entry.name);
  }
  if (!excludes_document(statement, kShell, false)) documents.emplace(kShell);
  out.remote_host = documents.contains(std::string(kRemoteHost));
  if (documents.empty()) out.documents.clear();
  return out;
}

bool spares_document(const Statement& statement, const std::string& entry) {
  const bool whole = has_glob(entry) || entry.starts_with("arn:");
  const bool aws_owned = !whole && is_reserved_document_name(entry);
  for (const Word& word : statement.resources) {
    for (const ArnFields& f : read_resource(word.text, Reading::narrow)) {
      if (!is_everywhere(f) || !glob_matches(f.service, "ssm")) continue;
      const bool account = matches_all(f.account) || (aws_owned && f.account.empty());
      if (!account) continue;
      for (const std::string& name : consume_prefix(f.resource, kDocumentPrefix)) {
        if (matches_all(name) || (!whole && glob_matches(name, entry))) return true;
      }
    }
  }
  return false;
}

bool spares_target(const Statement& statement, const std::string& entry) {
  Statement allow = statement;
  allow.allows = true;
  const Parts parts = read_parts(allow, true);
  const auto everywhere = parts.targets.find(Bounds{});
  if (everywhere == parts.targets.end()) return false;
  return std::any_of(
      everywhere->second.begin(), everywhere->second.end(), [&](const std::string& spared) {
        return spared == entry || (!has_glob(entry) && glob_matches(spared, entry)) ||
               (spared.ends_with("-*") && entry.starts_with(spared.substr(0, spared.size() - 1)));
      });
}

}  // namespace ssmgate::tools::iam
