#include "audit/table.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "audit/story.hpp"
#include "ssmgate/text/diagnostic.hpp"
#include "wire/json.hpp"

namespace ssmgate::audit {
namespace {

// SOURCE: ECMA-48, "SGR".
constexpr std::string_view kPlain = "\x1b[0m";

std::string_view colour_of(std::string_view decision) {
  if (decision == "deny") return "\x1b[31m";
  if (decision == "malformed") return "\x1b[35m";
  if (decision == "error") return "\x1b[33m";
  if (decision == "allow") return "\x1b[32m";
  return "";
}

// Columns that `text` takes, a code point each: what is wider is rare, and costs a ragged edge.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// The first `most` code points, the last of them an ellipsis when there are more.
std::string cut(std::string text, std::size_t most) {
  if (columns(text) <= most) return text;
  std::size_t end = 0;
  for (std::size_t shown = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (begins && ++shown == most) break;
  }
  return text.substr(0, end) + "…";
}

void append_padded(std::string_view text, std::size_t width, std::string& out) {
  const std::size_t has = columns(text);
  out += text;
  out.append(has < width ? width - has : 0, ' ');
  out += ' ';
}

void append_word(std::string_view decision, std::size_t width, bool colour, std::string& out) {
  const std::string_view paint = colour ? colour_of(decision) : "";
  out += paint;
  out += decision;
  if (!paint.empty()) out += kPlain;
  out.append(decision.size() < width ? width - decision.size() : 0, ' ');
  out += ' ';
}

struct Column {
  const char* head;
  std::string Story::*cell;
  std::size_t width;  // 0: what is left of the line
};

// A terminal of 140 columns or more has all of it, a narrow one what matters most.
constexpr std::size_t kWide = 140;
constexpr std::array kWideColumns = {
    Column{"TIME", &Story::time, 24}, Column{"DECISION", &Story::decision, 9},
    Column{"CODE", &Story::code, 15}, Column{"WHO", &Story::who, 22},
    Column{"RULE", &Story::rule, 18}, Column{"WHAT", &Story::what, 0},
};
constexpr std::array kNarrowColumns = {
    Column{"TIME", &Story::time, 19},
    Column{"DECISION", &Story::decision, 9},
    Column{"WHO", &Story::who, 15},
    Column{"WHAT", &Story::what, 0},
};
// LIMIT: of the last column, in however narrow a terminal.
constexpr std::size_t kLeastWhat = 20;

std::span<const Column> columns_for(const Look& look) {
  if (look.width != 0 && look.width < kWide) return kNarrowColumns;
  return kWideColumns;
}

void append_cells(Story story, const Look& look, bool colour, std::string& out) {
  std::size_t used = 0;
  for (const Column& column : columns_for(look)) {
    std::string& text = story.*column.cell;
    if (column.width == 0) {
      const std::size_t left = look.width > used + kLeastWhat ? look.width - used : kLeastWhat;
      out += look.width == 0 ? text : cut(std::move(text), left);
      continue;
    }
    // The day and the second are enough where there is no room.
    if (look.width != 0 && column.cell == &Story::time) text = text.substr(0, column.width);
    if (look.width != 0) text = cut(std::move(text), column.width);
    if (column.cell == &Story::decision) {
      append_word(text, column.width, colour, out);
    } else {
      append_padded(text, column.width, out);
    }
    used += column.width + 1;
  }
  while (out.ends_with(' ')) out.pop_back();
  out += '\n';
}

// SOURCE: OWASP, "CSV Injection": what makes a spreadsheet take a cell for a formula.
bool is_formula(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
}

void append_cell(std::string text, std::string& out) {
  if (is_formula(text)) text.insert(text.begin(), '\'');
  text = escape_invisible(text);
  if (text.find_first_of("\",\r\n") == std::string::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out.append(out.empty() ? "" : " ").append(text);
  return out;
}

}  // namespace

void append_human(const RecordView& record, bool colour, std::string& out) {
  const Story story = tell(record);
  out += story.time;
  out += ' ';
  constexpr std::size_t kDecisionWidth = 9;  // "malformed"
  append_word(story.decision, kDecisionWidth, colour, out);
  if (!story.who.empty()) out.append(story.who).append(" ");
  out += story.what;
  if (!story.why.empty()) out.append(" (").append(story.why).append(")");
  while (out.ends_with(' ')) out.pop_back();
  out += '\n';
}

void append_table_head(const Look& look, std::string& out) {
  Story heads;
  for (const Column& column : columns_for(look)) heads.*column.cell = column.head;
  append_cells(std::move(heads), look, false, out);
}

void append_table_row(const RecordView& record, const Look& look, std::string& out) {
  append_cells(tell(record), look, look.colour, out);
}

void append_csv_head(std::string& out) {
  for (const Field field : fields()) {
    if (field != fields().front()) out += ',';
    out += name(field);
  }
  out += "\r\n";
}

void append_csv_row(const RecordView& record, std::string& out) {
  for (const Field field : fields()) {
    if (field != fields().front()) out += ',';
    const std::string_view raw = record.raw(field);
    append_cell(raw.starts_with('[') ? joined(record.list(field)) : record.text(field), out);
  }
  out += "\r\n";
}

void append_json_for_terminal(std::string_view line, std::string& out) {
  const auto is_visible = [](char c) { return c >= 0x20 && c < 0x7F; };
  while (!line.empty()) {
    const auto stop = std::find_if_not(line.begin(), line.end(), is_visible);
    out.append(line.begin(), stop);
    line.remove_prefix(static_cast<std::size_t>(stop - line.begin()));
    const auto more = std::find_if(line.begin(), line.end(), is_visible);
    const auto size = static_cast<std::size_t>(more - line.begin());
    const std::string_view unsafe = line.substr(0, size);
    // Between tokens only blanks can stand, and these say nothing.
    const bool blank = unsafe.find_first_not_of("\t\r") == std::string_view::npos;
    if (!blank) out += wire::json_escape(unsafe);
    line.remove_prefix(size);
  }
}

}  // namespace ssmgate::audit
