// The imported rules as the text of a policy file.
//
// INVARIANT: what stands here loads. Every text is quoted unless it is a plain word; every comment
// is one line.
#include <algorithm>
#include <array>

#include "names/ascii.hpp"
#include "ssmgate/names/document.hpp"
#include "tools/iam/import.hpp"
#include "tools/render.hpp"

namespace ssmgate::tools::iam {
namespace {

// LIMIT: a comment breaks here, so that a person can read it beside the rule.
constexpr std::size_t kCommentWidth = 96;

// Words that YAML, in one version or another, takes for something else than text.
constexpr std::array<std::string_view, 10> kYamlWords = {"y",   "n",    "yes",  "no",    "on",
                                                         "off", "true", "null", "false", "any"};

bool is_plain_word(std::string_view text) {
  const bool meant_otherwise =
      std::any_of(kYamlWords.begin(), kYamlWords.end(),
                  [&](std::string_view word) { return ascii::iequals(word, text); });
  return !text.empty() && !meant_otherwise && ascii::is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

std::string quoted(std::string_view text) {
  if (is_plain_word(text)) return std::string(text);
  std::string out;
  append_json_string(out, text);
  return out;
}

class Writer {
 public:
  explicit Writer(Report& report) : report_(report) {}

  std::string take() { return std::move(out_); }

  void line(std::string_view text) { out_.append(text).append("\n"); }

  // Words of `text`, broken into comment lines.
  void comment(std::string_view indent, std::string_view text) {
    std::string current;
    const auto flush = [&] { line(std::string(indent) + "# " + current); };
    while (!text.empty()) {
      const std::size_t space = std::min(text.find(' '), text.size());
      const std::string_view word = text.substr(0, space);
      if (!current.empty() && current.size() + word.size() >= kCommentWidth) {
        flush();
        current = " ";
      }
      current.append(current.empty() ? "" : " ").append(word);
      text.remove_prefix(std::min(space + 1, text.size()));
    }
    flush();
  }

  void section(std::string_view key, const PolicyDocument& policy, bool allows,
               const std::vector<ImportedRule>& rules) {
    const bool live = std::any_of(rules.begin(), rules.end(),
                                  [](const ImportedRule& rule) { return !rule.commented_out; });
    line("");
    if (live) line(std::string(key) + ":");
    std::size_t said = 0;
    for (const ImportedRule& rule : rules) {
      say_statements(policy, allows, rule.of->number, said);
      write(rule);
    }
    say_statements(policy, allows, policy.statements.size(), said);
    if (!live) line(std::string(key) + ": []");
  }

 private:
  // What there is to say about the statements up to `number`, before the rules of that one.
  void say_statements(const PolicyDocument& policy, bool allows, std::size_t number,
                      std::size_t& said) {
    for (; said < number; ++said) {
      const Statement& statement = policy.statements[said];
      const auto& comments = report_.comments(statement);
      if (statement.allows != allows || comments.empty()) continue;
      comment("  ",
              statement_name(statement) + " (line " + std::to_string(statement.where.line) + "):");
      for (const std::string& text : comments) comment("  ", "- " + escape_invisible(text));
    }
  }

  void list(std::string_view indent, std::string_view key, const auto& entries) {
    if (entries.empty()) return;
    if (entries.size() == 1) {
      line(std::string(indent) + std::string(key) + ": [" + quoted(*entries.begin()) + "]");
      return;
    }
    line(std::string(indent) + std::string(key) + ":");
    for (const std::string& entry : entries) line(std::string(indent) + "  - " + quoted(entry));
  }

  void write(const ImportedRule& rule) {
    const std::string mark = rule.commented_out ? "  # " : "  ";
    const std::string indent = mark + "  ";
    line(mark + "- id: " + quoted(rule.id));
    list(indent, "accounts", rule.bounds.accounts);
    if (rule.old_keys) write_old_keys(indent);
    list(indent, "regions", rule.bounds.regions);
    list(indent, "clients", rule.bounds.clients);
    list(indent, "targets", rule.targets);
    list(indent, "documents", rule.documents);
    write_parameters(rule, indent);
    if (rule.bounds.not_before) {
      line(indent + "not_before: " + render_instant(*rule.bounds.not_before));
    }
    if (rule.bounds.expires) line(indent + "expires: " + render_instant(*rule.bounds.expires));
  }

  // SOURCE: docs/policy.md, `accounts`: a fifth character from Q on, or a digit, tells an account.
  void write_old_keys(const std::string& indent) {
    line(indent + "access_keys: [");
    for (const std::string_view prefix : {"AKIA", "ASIA"}) {
      std::string globs;
      for (char c = 'A'; c <= 'P'; ++c) globs += '"' + std::string(prefix) + c + "*\", ";
      line(indent + "  " + globs.substr(0, globs.size() / 2));
      line(indent + "  " + globs.substr(globs.size() / 2, globs.size() / 2 - 1));
    }
    line(indent + "]");
  }

  // An allow rule must say these for the documents that take them.
  void write_parameters(const ImportedRule& rule, const std::string& indent) {
    if (!rule.of->allows) return;
    bool host = false;
    bool port = false;
    bool command = false;
    for (const std::string& name : rule.documents) {
      const CatalogueEntry* entry = find_catalogued(name);
      if (entry == nullptr) continue;
      host = host || entry->takes_host;
      port = port || entry->takes_port;
      command = command || entry->takes_command;
    }
    if (host) line(indent + "hosts: any");
    if (port) line(indent + "ports: any");
    if (command) line(indent + "commands: any");
  }

  Report& report_;
  std::string out_;
};

}  // namespace

std::string render_imported(const PolicyDocument& policy, const ImportedRules& rules,
                            const std::vector<std::string>& denied_operations, Report& report) {
  Writer writer(report);
  writer.line(
      "# Imported from an IAM policy by `ssmgate import-iam`. The rules hold for everyone who "
      "comes");
  writer.line(
      "# through the gateway: add `users`. Read the comments, then run `ssmgate check` on this "
      "file.");
  writer.line("version: 1");
  writer.section("allow", policy, true, rules.allow);
  const bool any_deny = std::any_of(policy.statements.begin(), policy.statements.end(),
                                    [](const Statement& s) { return !s.allows; });
  if (any_deny) writer.section("deny", policy, false, rules.deny);
  if (!denied_operations.empty()) {
    writer.line("");
    writer.line("operations:  # what the IAM policy does not allow beside StartSession");
    writer.line("  deny:");
    for (const std::string& glob : denied_operations) {
      std::string entry;
      append_json_string(entry, glob);
      writer.line("    - " + (glob.ends_with('*') ? entry : glob));
    }
  }
  return writer.take();
}

}  // namespace ssmgate::tools::iam
