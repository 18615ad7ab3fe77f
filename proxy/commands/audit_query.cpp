// `ssmgate audit query`: the records that somebody asks for.
//
// Exit status: 0, 1 when lines were no records and were passed over, 2 when the log or the question
// cannot be read.
#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "audit/record_view.hpp"
#include "audit/table.hpp"
#include "commands/audit.hpp"
#include "commands/output.hpp"
#include "ssmgate/text/diagnostic.hpp"
#include "ssmgate/text/fields.hpp"

namespace ssmgate::commands {
namespace {

// LIMIT: of `--count`; the values of a hostile log have no end.
constexpr std::size_t kMaxCounted = 100'000;

struct QueryOptions {
  LogOptions log;
  FilterOptions filter;
  bool json = false;
  bool csv = false;
  std::uint64_t limit = 0;
  std::string count;
};

// How many records have which value of one field.
class ValueCounts {
 public:
  explicit ValueCounts(audit::Field field) : field_(field) {}

  void add(const audit::RecordView& record) {
    const std::string_view raw = record.raw(field_);
    const std::string value = raw.empty() ? "-" : escape_invisible(record.text(field_));
    const auto found = counts_.find(value);
    if (found != counts_.end()) {
      ++found->second;
    } else if (counts_.size() < kMaxCounted) {
      counts_.emplace(value, 1);
    } else {
      ++others_;
    }
  }

  // The most frequent first.
  void append(std::string& out) const {
    std::vector<std::pair<std::uint64_t, std::string>> rows;
    for (const auto& [value, count] : counts_) rows.emplace_back(count, value);
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    if (others_ > 0) rows.emplace_back(others_, "(other values)");
    for (const auto& [count, value] : rows) {
      const std::string number = std::to_string(count);
      constexpr std::size_t kWidth = 9;
      out.append(number.size() < kWidth ? kWidth - number.size() : 0, ' ');
      out.append(number).append(" ").append(value).append("\n");
    }
  }

 private:
  const audit::Field field_;
  std::map<std::string, std::uint64_t> counts_;
  std::uint64_t others_ = 0;
};

std::optional<audit::Field> find_counted_field(const std::string& name) {
  std::vector<std::string_view> names;
  for (const audit::Field field : audit::fields()) {
    if (audit::name(field) == name) return field;
    names.push_back(audit::name(field));
  }
  const std::string_view nearest = find_nearest_word(name, names);
  (void)fail("no field " + in_backticks(name) +
                 (nearest.empty() ? "; docs/audit.md lists them"
                                  : "; did you mean `" + std::string(nearest) + "`?"),
             kAuditUnreadable);
  return std::nullopt;
}

class QueryPrinter {
 public:
  explicit QueryPrinter(const QueryOptions& options) : options_(options) {
    look_.colour = wants_colour();
    look_.width = terminal_width();
    if (options.csv) audit::append_csv_head(out_.text());
  }

  // False: standard output takes no more.
  bool print(std::string_view line, const audit::RecordView& record) {
    std::string& out = out_.text();
    if (options_.csv) {
      audit::append_csv_row(record, out);
    } else if (options_.json) {
      if (shows_on_terminal()) {
        audit::append_json_for_terminal(line, out);
      } else {
        out += line;
      }
      out += '\n';
    } else {
      if (!headed_) audit::append_table_head(look_, out);
      headed_ = true;
      audit::append_table_row(record, look_, out);
    }
    return out_.settle();
  }

  bool finish(const ValueCounts* counts) {
    if (counts != nullptr) counts->append(out_.text());
    return out_.flush();
  }

 private:
  const QueryOptions& options_;
  audit::Look look_;
  Output out_;
  bool headed_ = false;
};

int run_query(const QueryOptions& options) {
  const auto filter = options.filter.make();
  if (!filter) return kAuditUnreadable;
  std::optional<ValueCounts> counts;
  if (!options.count.empty()) {
    const auto field = find_counted_field(options.count);
    if (!field) return kAuditUnreadable;
    counts.emplace(*field);
  }
  const auto found = find_logs(options.log);
  if (!found) return kAuditUnreadable;
  const LogFiles& files = found->logs.front();
  QueryPrinter printer(options);
  DamagedLines damaged;
  std::uint64_t left = options.limit;
  bool written = true;
  bool matched = false;
  const bool read = read_log(files, [&](std::size_t file, const audit::Line& line) {
    // A gateway may be writing it.
    if (!line.ended) return true;
    const auto record = line.too_long ? std::nullopt : audit::scan_record(line.text);
    if (!record) {
      damaged.add(shown_log(files[file]), line.number);
      return true;
    }
    if (!filter->matches(*record)) return true;
    matched = true;
    if (counts) {
      counts->add(*record);
      return true;
    }
    written = printer.print(line.text, *record);
    return written && (options.limit == 0 || --left > 0);
  });
  if (!written || !printer.finish(counts ? &*counts : nullptr)) return kAuditUnreadable;
  if (read && !matched) (void)fail("no record matches");
  const int status = damaged.report(0);
  return read ? status : kAuditUnreadable;
}

}  // namespace

void add_audit_query(CLI::App& audit, int& exit_status) {
  auto options = std::make_shared<QueryOptions>();
  CLI::App* command = audit.add_subcommand("query", "Print the records that match");
  add_log_options(*command, options->log);
  options->filter.add_to(*command);
  auto* json = command->add_flag("--json", options->json, "print the lines as they stand");
  auto* csv = command->add_flag("--csv", options->csv, "print CSV, a column for every field");
  json->excludes(csv);
  command->add_option("--limit", options->limit, "stop after so many; 0: all")
      ->capture_default_str();
  command
      ->add_option("--count", options->count,
                   "print how often each value of this field stands in them, instead of them")
      ->type_name("FIELD")
      ->excludes(json)
      ->excludes(csv);
  command->footer(
      "Exit status: 0; 1 when damaged lines were passed over; 2 when the log cannot be read.\n"
      "  ssmgate audit query --since 24h --decision deny --count user\n"
      "  ssmgate audit query --user alice --host '*.rds.amazonaws.com' --csv > alice.csv");
  command->callback([options, &exit_status] { exit_status = run_query(*options); });
}

}  // namespace ssmgate::commands
