// Records as a person reads them: a line each, a table, or CSV for a spreadsheet.
//
// INVARIANT: whatever stands in a record, what comes out is one line (or one row) of visible
// characters: a client chose many of these values, and they reach a terminal here.
#pragma once

#include <cstddef>
#include <string>

#include "audit/record_view.hpp"

namespace ssmgate::audit {

struct Look {
  bool colour = false;
  std::size_t width = 0;  // of a line, in columns; 0: as long as it gets
};

// TIME DECISION WHO WHAT (WHY), and a newline. Whole words, nothing is cut.
void append_human(const RecordView& record, bool colour, std::string& out);

// The table's first line, and one for a record.
void append_table_head(const Look& look, std::string& out);
void append_table_row(const RecordView& record, const Look& look, std::string& out);

// RFC 4180: every field a column, in the order of docs/audit.md. A text that a spreadsheet would
// take for a formula has an apostrophe in front.
void append_csv_head(std::string& out);
void append_csv_row(const RecordView& record, std::string& out);

// The line as it stands, but for bytes that a terminal may act on: these become JSON's escapes,
// which say the same. `line` is a record.
void append_json_for_terminal(std::string_view line, std::string& out);

}  // namespace ssmgate::audit
