// A rule within one class of documents, as conjunctions of literals: the rule matches exactly where
// one of them holds.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sets/solve.hpp"

namespace ssmgate::sets {

// One policy's view of a class: an absent DocumentName means something else to each policy.
struct DocumentView {
  DocumentClass::Kind kind = DocumentClass::Kind::named;
  std::string name;        // Kind::named
  bool aws_owned = false;  // of a named one
  const CatalogueEntry* catalogued = nullptr;
};

[[nodiscard]] DocumentView view_of(const DocumentClass& document, const CompiledRules& policy);

// The parameters that a request may have, as far as they matter to `rule`, an allow rule that is to
// match. Others make a document outside the catalogue not match, and a catalogued one malformed.
[[nodiscard]] std::vector<std::string> parameters_of(const Rule& rule, const DocumentView& view);

// The conjunctions, with the rule's own trial; none: the rule matches nothing of the class.
[[nodiscard]] std::vector<Literals> products_of(const Rule& rule, const DocumentView& view,
                                                const std::vector<std::string>& parameters,
                                                AtomTable& atoms);

// Equal texts: the rules match the same requests in every policy of one `default_document`.
[[nodiscard]] std::string key_of(const Rule& rule);

}  // namespace ssmgate::sets
