// Manual pages in mdoc(7), which man and mandoc both read.
#include <algorithm>
#include <cctype>

#include "commands/interface/man_text.hpp"
#include "commands/interface/tree.hpp"

namespace ssmgate::interface {
namespace {

using Value = Argument::Value;

constexpr const char* kDate = "November 29, 2026";

// `text` as a line of its own: nothing in it is a request or an escape. Sentences begin on new
// lines.
std::string prose(std::string_view text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '`') {
      escaped += "\\(ga";
    } else if (text.substr(i).starts_with("…")) {
      escaped += "...";
      i += std::string_view("…").size() - 1;
    } else if (c == ' ' && i > 1 && i + 1 < text.size() && text[i - 1] == '.' &&
               std::isupper(static_cast<unsigned char>(text[i + 1])) != 0) {
      escaped += '\n';
    } else if (c != '\n') {
      escaped += c;
    } else {
      escaped += ' ';
    }
  }
  if (escaped.starts_with('.') || escaped.starts_with('\'')) escaped.insert(0, "\\&");
  return escaped + "\n";
}

// "\-" where a shell's own `-` is meant, so that it can be copied.
std::string literal(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '-') escaped += '\\';
    if (c == '\\') {
      escaped += "\\e";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string page_name(const std::string& group) {
  return group.empty() ? "ssmgate" : "ssmgate-" + group;
}

// "Fl -config Ar FILE", "Ar FILE ...".
std::string usage_of(const Argument& argument) {
  std::string text;
  for (const std::string& name : argument.names) {
    text += (text.empty() ? "Fl " : " , Fl ") + literal(name.substr(1));
  }
  if (argument.value != Value::none) text += (text.empty() ? "Ar " : " Ar ") + argument.value_name;
  return text + (argument.repeats ? " ..." : "");
}

std::string synopsis_of(const Command& command) {
  std::string text =
      ".Nm ssmgate" + std::string(command.path.empty() ? "" : " ") + command.path + "\n";
  for (const Argument& each : command.arguments) {
    text += (each.required ? "." : ".Op ") + usage_of(each) + "\n";
  }
  if (!command.children.empty()) {
    text += command.child_required ? ".Ar command ...\n" : ".Op Ar command ...\n";
  }
  if (command.takes_command) text += ".Op Fl - Ar command ...\n";
  return text;
}

std::string arguments_of(const Command& command) {
  std::string text = ".Bl -tag -width Ds\n";
  for (const Argument& each : command.arguments) {
    std::string words;
    for (const std::string& word : each.words) words += (words.empty() ? "" : ", ") + word;
    text += ".It " + usage_of(each) + "\n" + prose(each.description + (words.empty() ? "" : "."));
    if (!words.empty()) text += prose("One of: " + words + ".");
  }
  return text + ".El\n";
}

// What `--help` puts below the options, in its own lines.
std::string footer_of(const Command& command) {
  if (command.footer.empty()) return {};
  return ".Bd -literal\n" + literal(command.footer) + "\n.Ed\n";
}

std::string commands_of(const std::vector<Command>& commands, const Command& command) {
  std::string text = ".Sh COMMANDS\n.Bl -tag -width Ds\n";
  for (const std::string& child : command.children) {
    const std::string path = command.path.empty() ? child : command.path + " " + child;
    text += ".It Cm " + child + "\n" + prose(find_command(commands, path)->description);
  }
  return text + ".El\n";
}

std::string see_also(const std::vector<Command>& commands, const std::string& group) {
  std::vector<std::string> pages = {"ssmgate"};
  for (const std::string& child : commands.front().children) pages.push_back(page_name(child));
  std::erase(pages, page_name(group));
  std::ranges::sort(pages);
  std::string text = ".Sh SEE ALSO\n";
  for (const std::string& page : pages) text += ".Xr " + page + " 1 ,\n";
  return text + ".Xr ssmgate-policy 5 ,\n.Xr ssmgate.yaml 5\n";
}

std::string statuses_of(const ManText& text) {
  std::string list = ".Sh EXIT STATUS\n.Bl -tag -width other\n";
  for (const auto& [number, meaning] : text.statuses)
    list += ".It " + number + "\n" + prose(meaning);
  return list + ".El\n";
}

std::string examples_of(const ManText& text) {
  if (text.examples.empty()) return {};
  std::string list = ".Sh EXAMPLES\n";
  bool first = true;
  for (const auto& [what, line] : text.examples) {
    if (!first) list += ".Pp\n";
    first = false;
    list += prose(what + (what.ends_with('?') ? "" : ":")) + ".Bd -literal -offset indent\n" +
            literal(line) + "\n.Ed\n";
  }
  return list;
}

}  // namespace

std::string render_man(const std::vector<Command>& commands, const std::string& group) {
  const Command& top = *find_command(commands, group);
  const ManText* text = find_man_text(group);
  std::vector<const Command*> below;
  for (const Command& each : commands) {
    if (!group.empty() && each.path.starts_with(group + " ")) below.push_back(&each);
  }
  std::string page =
      ".\\\" Made by `ssmgate man`: do not edit.\n.Dd " + std::string(kDate) + "\n.Dt " +
      upper(page_name(group)) + " 1\n.Os\n.Sh NAME\n.Nm " + page_name(group) + "\n.Nd " +
      prose(group.empty() ? "a gateway for AWS Systems Manager sessions" : top.description) +
      ".Sh SYNOPSIS\n";
  page += synopsis_of(top);
  for (const Command* each : below) page += synopsis_of(*each);
  page += ".Sh DESCRIPTION\n" + prose(top.description + ".");
  if (text != nullptr) {
    for (const std::string& paragraph : text->paragraphs) page += ".Pp\n" + prose(paragraph);
  }
  page += footer_of(top);
  page += ".Pp\nThe options are:\n" + arguments_of(top);
  if (group.empty()) page += commands_of(commands, top);
  for (const Command* each : below) {
    page += ".Ss ssmgate " + each->path + "\n" + prose(each->description + ".") +
            arguments_of(*each) + footer_of(*each);
  }
  if (text != nullptr) page += statuses_of(*text) + examples_of(*text);
  return page + see_also(commands, group);
}

}  // namespace ssmgate::interface
