// A difference as text for a person and as JSON for a program.
#include <algorithm>

#include "ssmgate/text/shell_word.hpp"
#include "ssmgate/tools/diff.hpp"
#include "tools/render.hpp"

namespace ssmgate::tools {
namespace {

void append_option(std::string& line, std::string_view option,
                   const std::optional<std::string>& value) {
  if (!value) return;
  // A value that begins with a dash would be read as an option.
  line.append(" ").append(option).append(value->starts_with('-') ? "=" : " ");
  line.append(shell_word(*value));
}

std::string command_line(const DiffWitness& witness, std::string_view policy) {
  const EvalCaller& caller = witness.caller;
  std::string line = "printf %s " + shell_word(witness.body) + " | ssmgate eval";
  append_option(line, "--policy", std::string(policy));
  append_option(line, "--user", caller.user);
  append_option(line, "--unix-user", caller.unix_user);
  for (const std::string& group : caller.unix_groups) append_option(line, "--unix-group", group);
  append_option(line, "--client", caller.client);
  append_option(line, "--access-key", caller.access_key);
  append_option(line, "--account", caller.account);
  append_option(line, "--region", caller.region);
  append_option(line, "--at", caller.at);
  return line;
}

constexpr std::string_view kCannotTell =
    "cannot tell: regular expressions are not taken apart, and the search has its limits; compare "
    "them by hand";

void append_witness(std::string& out, std::string_view indent,
                    const std::optional<DiffWitness>& witness, std::string_view policy) {
  out.append(indent);
  if (witness) {
    out += command_line(*witness, policy);
  } else {
    out += kCannotTell;
  }
  out += '\n';
}

void append_change(std::string& out, const Change& change, std::string_view policy) {
  switch (change.kind) {
    case Change::Kind::operation:
      out.append("  operation ").append(change.rule).append(": ").append(change.reason) += '\n';
      return;
    case Change::Kind::report_mode: out.append("  mode: ").append(change.reason) += '\n'; break;
    case Change::Kind::rule:
      out.append("  rule ").append(change.rule).append(" (line ");
      out.append(std::to_string(change.where.line)).append(")");
      if (!change.reason.empty()) out.append(": ").append(change.reason);
      out += '\n';
      break;
  }
  if (change.as_a_whole) append_witness(out, "    ", change.witness, policy);
  for (const Change::Entry& entry : change.entries) {
    out.append("    ").append(entry.key).append(": ").append(escape_invisible(entry.text)) += '\n';
    append_witness(out, "      ", entry.witness, policy);
  }
}

void append_changes(std::string& out, const std::vector<Change>& changes, std::string_view title,
                    std::string_view nothing, std::string_view policy) {
  out.append(changes.empty() ? nothing : title) += '\n';
  for (const Change& change : changes) append_change(out, change, policy);
}

void append_text_member(std::string& out, std::string_view name,
                        const std::optional<std::string>& value) {
  if (!value) return;
  out.append(", \"").append(name).append("\": ");
  append_json_string(out, *value);
}

void append_json_witness(std::string& out, const std::optional<DiffWitness>& witness) {
  out += "\"witness\": ";
  if (!witness) {
    out += "null";
    return;
  }
  const EvalCaller& caller = witness->caller;
  out.append("{\"body\": ").append(witness->body);
  append_text_member(out, "user", caller.user);
  append_text_member(out, "unix_user", caller.unix_user);
  if (!caller.unix_groups.empty()) {
    std::string_view open = ", \"unix_groups\": [";
    for (const std::string& group : caller.unix_groups) {
      out += open;
      append_json_string(out, group);
      open = ", ";
    }
    out += ']';
  }
  append_text_member(out, "client", caller.client);
  append_text_member(out, "access_key", caller.access_key);
  append_text_member(out, "account", caller.account);
  append_text_member(out, "region", caller.region);
  append_text_member(out, "at", caller.at);
  out += '}';
}

void append_json_change(std::string& out, const Change& change) {
  const bool rule = change.kind == Change::Kind::rule;
  const bool operation = change.kind == Change::Kind::operation;
  out += "{\"rule\": ";
  if (rule) {
    append_json_string(out, change.rule);
    out.append(", \"line\": ").append(std::to_string(change.where.line));
  } else {
    out += "null";
  }
  if (operation) append_text_member(out, "operation", change.rule);
  append_text_member(out, "reason", change.reason);
  out += ", \"entries\": [";
  for (const Change::Entry& entry : change.entries) {
    if (&entry != &change.entries.front()) out += ", ";
    out += "{\"key\": ";
    append_json_string(out, entry.key);
    append_text_member(out, "entry", entry.text);
    out += ", ";
    append_json_witness(out, entry.witness);
    out += '}';
  }
  out += "], ";
  append_json_witness(out, change.witness);
  out.append(", \"certain\": ").append(operation || change.witness ? "true" : "false");
  out += '}';
}

void append_json_changes(std::string& out, const std::vector<Change>& changes) {
  out += '[';
  for (const Change& change : changes) {
    if (&change != &changes.front()) out += ", ";
    append_json_change(out, change);
  }
  out += ']';
}

}  // namespace

std::string render_diff_text(const Difference& difference, std::string_view older,
                             std::string_view newer) {
  const std::string to = escape_invisible(newer);
  const std::string from = escape_invisible(older);
  std::string out;
  append_changes(out, difference.granted, "granted by " + to + " and not by " + from + ":",
                 to + " grants nothing that " + from + " did not", newer);
  append_changes(out, difference.revoked,
                 "no longer granted:", "nothing that " + from + " granted is refused now", older);
  return out;
}

std::string render_diff_json(const Difference& difference) {
  std::string out = "{\"granted\": ";
  append_json_changes(out, difference.granted);
  out += ", \"revoked\": ";
  append_json_changes(out, difference.revoked);
  return out + "}\n";
}

}  // namespace ssmgate::tools
