// For each dimension: is there a value that gives every literal its sign, and which?
//
// Each solver is pure and looks at its own dimension alone. INVARIANT: `found` has put such a value
// into the model, `none` is exact, and `unknown` is said only where this page says so.
#pragma once

#include <map>
#include <span>

#include "sets/atom.hpp"

namespace ssmgate::sets {

// Which documents a search is about: each is a search of its own, for what a rule asks of a
// parameter depends on what the document takes.
struct DocumentClass {
  enum class Kind : std::uint8_t {
    named,         // one document: catalogued, or the default that an absent DocumentName means
    caller_owned,  // plain names that AWS does not reserve, the shell among them
    aws_owned,     // reserved names outside the catalogue
    account_arn,   // ARNs that carry an account
  };
  Kind kind = Kind::named;
  std::string name;     // Kind::named
  bool absent = false;  // DocumentName is left out
};

// What is given before a dimension is looked at.
struct Surroundings {
  DocumentClass document;
  Instant now;                          // a witness at or after it is preferred
  std::vector<std::string> parameters;  // those that a request may have
};

// Everything the dimension needs to be solved; unknown where regular expressions, or values of one
// parameter in several typed forms, leave nothing that is certain.
[[nodiscard]] Answer solve(Dimension dimension, std::string_view parameter,
                           std::span<const Literal> literals, const Surroundings& surroundings,
                           Model& model);

// The same, remembering: rules that are compared entry by entry ask the same again and again.
class Solver {
 public:
  [[nodiscard]] Answer solve(Dimension dimension, const std::string& parameter,
                             const Literals& literals, const Surroundings& surroundings,
                             Model& model);

 private:
  // INVARIANT: all that a dimension's answer depends on; `now` is one for all questions.
  struct Question {
    Dimension dimension;
    DocumentClass::Kind document;
    std::string parameter;
    std::vector<std::pair<const Atom*, bool>> literals;  // sorted
    auto operator<=>(const Question&) const = default;
  };
  struct Reply {
    Answer answer;
    Model model;  // the values of the dimension
  };
  std::map<Question, Reply> known_;
};

[[nodiscard]] Answer solve_principal(std::span<const Literal> literals, Model& model);
[[nodiscard]] Answer solve_client(std::span<const Literal> literals, Model& model);
[[nodiscard]] Answer solve_credential(std::span<const Literal> literals, Model& model);
[[nodiscard]] Answer solve_region(std::span<const Literal> literals, Model& model);
[[nodiscard]] Answer solve_target(std::span<const Literal> literals, Model& model);
[[nodiscard]] Answer solve_name(std::span<const Literal> literals, const DocumentClass& document,
                                Model& model);
[[nodiscard]] Answer solve_document_account(std::span<const Literal> literals, Model& model);
[[nodiscard]] Answer solve_parameter(std::string_view name, std::span<const Literal> literals,
                                     Model& model);
// Unknown when no candidate is certain to match.
[[nodiscard]] Answer solve_reason(std::span<const Literal> literals, Model& model);
// Candidates that are the ends of what is asked; `hours` over a bounded horizon (docs/decisions).
[[nodiscard]] Answer solve_time(std::span<const Literal> literals, Instant now, Model& model);

// A value's tests, each with the sign it is wanted with.
struct SignedTest {
  const Atom* atom;
  bool wanted;
};
[[nodiscard]] Answer solve_host(std::span<const SignedTest> tests, std::string& value);
[[nodiscard]] Answer solve_port(std::span<const SignedTest> tests, std::string_view name,
                                std::string& value);

// Texts that a regular expression may match, for the reader to try.
[[nodiscard]] std::vector<std::string> sample_texts(const RegexCriterion& regex);

}  // namespace ssmgate::sets
