// A damaged or forged audit log: it is read to its end, what is shown of it does nothing to a
// terminal, and what is suggested from it is a policy that says `any` to nobody.
#include <algorithm>
#include <cstdlib>

#include <boost/json.hpp>

#include "audit/filter.hpp"
#include "audit/suggest.hpp"
#include "audit/table.hpp"
#include "audit/verify.hpp"
#include "fuzz/wire_property.hpp"
#include "ssmgate/text/tree.hpp"

using namespace ssmgate;
using namespace ssmgate::audit;

namespace {

bool is_visible(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7F;
}

// One line, visible, and ended.
void check_shown(std::string_view out, std::string_view end) {
  FUZZ_CHECK(out.ends_with(end));
  out.remove_suffix(end.size());
  FUZZ_CHECK(std::all_of(out.begin(), out.end(), is_visible));
  FUZZ_CHECK(out.find("\xc2\x9b") == std::string_view::npos);
}

void check_record(std::string_view line, const RecordView& record) {
  std::string out;
  append_human(record, false, out);
  check_shown(out, "\n");
  for (const std::size_t width : {std::size_t{0}, std::size_t{80}}) {
    out.clear();
    append_table_row(record, Look{false, width}, out);
    check_shown(out, "\n");
  }
  out.clear();
  append_csv_row(record, out);
  check_shown(out, "\r\n");
  out.clear();
  append_json_for_terminal(line, out);
  check_shown(out, "");
  FUZZ_CHECK(scan_record(out).has_value());
  Filter filter;
  filter.since = Time{};
  filter.tests.push_back({{Field::user, Field::reported}, {"a*"}});
  (void)filter.matches(record);
}

// What is taken for a record is JSON to another reader, too; but for escapes that are half of a
// pair.
void check_against_boost(std::string_view line, bool scanned) {
  if (!scanned || line.find("\\u") != std::string_view::npos) return;
  boost::system::error_code error;
  const auto value = boost::json::parse(line, error);
  FUZZ_CHECK(!error && value.is_object());
}

void check_suggestion(Suggester& suggester) {
  const Suggestion made = suggester.finish(Time{} + std::chrono::hours(500'000));
  FUZZ_CHECK(made.fault.empty());
  const LoadedPolicy loaded = load_policy(made.policy);
  FUZZ_CHECK(loaded.policy != nullptr);
  Diagnostics faults;
  const auto tree = parse_tree(made.policy, faults);
  FUZZ_CHECK(tree && faults.empty());
  const TreeNode* allow = tree->find("allow");
  FUZZ_CHECK(allow != nullptr && allow->items.size() == made.rules);
  for (const TreeNode& rule : allow->items) {
    FUZZ_CHECK(rule.find("users") != nullptr || rule.find("clients") != nullptr);
    FUZZ_CHECK(rule.find("targets") != nullptr && rule.find("documents") != nullptr);
    for (const TreeEntry& entry : rule.entries) {
      // Elsewhere it is a name like others.
      const bool has_any = entry.key == "users" || entry.key == "hosts" || entry.key == "ports" ||
                           entry.key == "commands";
      FUZZ_CHECK(entry.value.scalar.empty() || entry.key == "id");
      for (const TreeNode& item : entry.value.items) {
        FUZZ_CHECK(!has_any || item.scalar != "any");
        FUZZ_CHECK(item.scalar.find_first_of("*?") == std::string::npos);
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::view(data, size);
  Verifier verifier;
  SuggestOptions options;
  options.denied = size % 2 == 0;
  Suggester suggester(options);
  std::uint64_t lines = 0;
  verifier.begin_file();
  const auto take = [&](const Line& line) {
    ++lines;
    FUZZ_CHECK(line.number == lines);
    verifier.take(line);
    if (!line.ended) return true;
    const auto record = scan_record(line.text);
    check_against_boost(line.text, record.has_value());
    if (record) {
      check_record(line.text, *record);
      suggester.take(*record);
    }
    return true;
  };
  LineSplitter splitter;
  const std::size_t half = size / 2;
  FUZZ_CHECK(splitter.feed(input.substr(0, half), take));
  FUZZ_CHECK(splitter.feed(input.substr(half), take));
  FUZZ_CHECK(splitter.finish(take));
  const ChainReport report = verifier.finish();
  FUZZ_CHECK(report.fault.has_value() == (report.breaks > 0));
  if (report.fault) {
    FUZZ_CHECK(report.fault->where.line >= 1 && report.fault->where.line <= lines);
    FUZZ_CHECK(!report.fault->text.empty());
  }
  check_suggestion(suggester);
  return 0;
}
