#include "commands/audit_verdict.hpp"

#include "ssmgate/text/diagnostic.hpp"
#include "wire/json.hpp"

namespace ssmgate::commands {
namespace {

void append_text(std::string_view text, std::string& out) {
  out += wire::json_text(text);
}

std::string stamp(const audit::Place& place) {
  if (place.seq == 0) return {};
  std::string out = " (record " + std::to_string(place.seq);
  if (!place.time.empty()) out += ", " + escape_invisible(place.time);
  return out + ")";
}

std::string count(std::uint64_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

}  // namespace

LogVerdict::LogVerdict(const LogFiles& files, audit::ChainReport report,
                       audit::CheckpointReport checkpoints, bool wants_whole, std::string unchecked)
    : files_(files),
      report_(std::move(report)),
      checkpoints_(std::move(checkpoints)),
      unchecked_(std::move(unchecked)) {
  if (wants_whole && report_.starts_midway && !report_.fault) {
    report_.fault =
        audit::ChainFault{audit::Damage::removed, *report_.first,
                          "the log does not begin with record 1, but names one before its first"};
  }
  // What the chain shows says more than what a signature does.
  if (!report_.fault) report_.fault = checkpoints_.fault;
}

std::string LogVerdict::text() const {
  std::string out;
  if (report_.fault) {
    out += where(report_.fault->where) + ": damaged (" + std::string(kind()) +
           "): " + escape_invisible(report_.fault->text) + stamp(report_.fault->where) + '\n';
    if (report_.breaks > 1) {
      out += "  it is the first of " + std::to_string(report_.breaks) +
             " places where a line does not continue the one before\n";
    }
  }
  out += shown_log(files_.front());
  if (files_.size() > 1) out += " and " + std::to_string(files_.size() - 1) + " more";
  out += intact() ? ": intact: " : ": not intact: ";
  out += count(report_.records, "record", "records");
  if (report_.first) {
    out += ", number " + std::to_string(report_.first->seq) + " to " +
           std::to_string(report_.last->seq) + ", " + escape_invisible(report_.first->time) +
           " to " + escape_invisible(report_.last->time);
  }
  out += '\n';
  for (const std::string& note : notes()) out += "  " + escape_invisible(note) + '\n';
  return out;
}

std::string LogVerdict::json() const {
  std::string out = "{\"status\": ";
  out += intact() ? "\"intact\"" : "\"damaged\"";
  out += ", \"files\": [";
  for (const std::string& file : files_) {
    if (&file != &files_.front()) out += ", ";
    append_text(file, out);
  }
  out += "], \"records\": " + std::to_string(report_.records);
  if (report_.first) {
    out += ", \"first\": ";
    append_place(*report_.first, out);
    out += ", \"last\": ";
    append_place(*report_.last, out);
  }
  out += ", \"breaks\": " + std::to_string(report_.breaks);
  if (report_.fault) {
    out += ", \"damage\": ";
    append_text(kind(), out);
    out += ", \"at\": ";
    append_place(report_.fault->where, out);
    out += ", \"message\": ";
    append_text(report_.fault->text, out);
  }
  out += ", \"notes\": [";
  const auto all = notes();
  for (const std::string& note : all) {
    if (&note != &all.front()) out += ", ";
    append_text(note, out);
  }
  return out + "]}\n";
}

void LogVerdict::append_place(const audit::Place& place, std::string& out) const {
  out += "{\"file\": ";
  append_text(files_[place.file], out);
  out += ", \"line\": " + std::to_string(place.line);
  if (place.seq != 0) out += ", \"seq\": " + std::to_string(place.seq);
  if (!place.time.empty()) {
    out += ", \"time\": ";
    append_text(place.time, out);
  }
  out += '}';
}

std::string LogVerdict::where(const audit::Place& place) const {
  return shown_log(files_[place.file]) + ":" + std::to_string(place.line);
}

std::vector<std::string> LogVerdict::notes() const {
  std::vector<std::string> all;
  if (report_.records == 0) all.emplace_back("there is no record in it");
  if (report_.starts_midway && !report_.fault) {
    all.push_back("it begins with record " + std::to_string(report_.first->seq) +
                  "; name the older files as well to have them looked at");
  }
  for (const audit::Place& place : report_.torn) {
    all.push_back(where(place) +
                  " is unfinished: it is being written, or a gateway died writing it");
  }
  append_said(all);
  append_checkpoints(all);
  return all;
}

void LogVerdict::append_said(std::vector<std::string>& all) const {
  for (const audit::Said& said : checkpoints_.said) {
    all.push_back(where(said.where) + ": the gateway says: " + said.text + stamp(said.where));
  }
  if (checkpoints_.more_said > 0) {
    all.push_back("it says " + std::to_string(checkpoints_.more_said) + " times more");
  }
}

void LogVerdict::append_checkpoints(std::vector<std::string>& all) const {
  const std::uint64_t good = checkpoints_.good;
  const std::uint64_t unknown = checkpoints_.unknown;
  const std::uint64_t signed_seq = checkpoints_.signed_seq;
  if (good > 0 && report_.last) {
    const std::uint64_t behind =
        report_.last->seq > signed_seq ? report_.last->seq - signed_seq : 0;
    all.push_back("signed up to record " + std::to_string(signed_seq) + ", by " +
                  std::to_string(good) + (good == 1 ? " checkpoint; " : " checkpoints; ") +
                  std::to_string(behind) + " behind it");
  }
  if (unknown > 0) {
    all.push_back(count(unknown, "checkpoint was", "checkpoints were") +
                  " not checked: a key is named that is not here; give it with --key");
  }
  if (good == 0 && report_.records > 0) {
    all.emplace_back(
        "no signature of a known key is in it: nothing shows that it was not written anew");
  }
  if (!unchecked_.empty()) all.push_back("its end could not be checked: " + unchecked_);
}

}  // namespace ssmgate::commands
