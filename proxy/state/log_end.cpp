#include "state/log_end.hpp"

#include "state/log_file.hpp"

namespace ssmgate::state {
namespace {

std::string record_text(std::uint64_t seq) {
  return "record " + std::to_string(seq);
}

// Where its file has it.
bool still_stands(int fd, const LogEnd& end) {
  if (end.line == 0) return end.chain.hash.empty();
  if (end.line > end.size) return false;
  const auto text = read_between(fd, end.size - end.line, end.size);
  return text && text->back() == '\n' &&
         sha256_hex(std::string_view(*text).substr(0, text->size() - 1)) == end.chain.hash;
}

// From the last line backwards until the numbers are lower.
bool holds_line(int fd, off_t size, const ChainEnd& wanted) {
  while (size > 0) {
    const auto last = find_last_line(fd, size);
    if (!last || last->end == 0) return false;
    const auto link = find_link(last->text);
    if (link && link->seq <= wanted.seq) return sha256_hex(last->text) == wanted.hash;
    size = last->end - static_cast<off_t>(last->text.size()) - 1;
  }
  return false;
}

// Whoever wrote there last, the number does not fall.
LogEnd later(const ChainEnd& known, const LogEnd& found) {
  if (found.chain.seq > known.seq) return found;
  return LogEnd{known, found.size, found.chain.hash == known.hash ? found.line : 0};
}

Finding damage_said(std::string text) {
  return Finding{std::move(text), true};
}

Finding cut_off(std::uint64_t last, std::uint64_t wanted, const char* was) {
  return damage_said("the log ended with " + record_text(last) + ", but " + record_text(wanted) +
                     " was " + was + ": its end was cut off");
}

// How the first line of a file that does not hold `known` follows it.
Finding judge_first(int fd, off_t size, const ChainEnd& known, const std::string& what) {
  const auto first = find_first_line(fd, size);
  const auto link = first ? find_link(*first) : std::nullopt;
  if (!link) return damage_said("the log does not begin with a record");
  if (link->seq > known.seq + 1) {
    return damage_said("the log begins with " + record_text(link->seq) +
                       ", and nothing shows that it follows " + what);
  }
  if (link->seq <= known.seq) return damage_said("the log was written anew: it lacks " + what);
  if (link->prev == known.hash) return {};
  return damage_said("the log was written anew: it does not follow " + what);
}

}  // namespace

std::optional<LogEnd> read_log_end(int fd, off_t size, std::uint64_t seq) {
  const auto last = find_last_line(fd, size);
  if (!last) return std::nullopt;
  LogEnd end;
  end.chain.torn = last->end < size;
  end.size = last->end;
  if (last->end == 0) return end;
  const auto link = find_link(last->text);
  end.chain.seq = link ? link->seq : seq;
  end.chain.hash = sha256_hex(last->text);
  end.line = static_cast<off_t>(last->text.size()) + 1;
  return end;
}

LogLook look_again(int fd, const LogEnd& known, const LogEnd& found) {
  const std::uint64_t wanted = known.chain.seq;
  const std::uint64_t last = found.chain.seq;
  if (known.chain.hash.empty()) return {found, {}};
  if (found.size >= known.size && still_stands(fd, known)) {
    if (last >= wanted) return {found, {}};
    return {later(known.chain, found),
            damage_said(record_text(last) + " stands behind " + record_text(wanted) +
                        ": another program wrote to the log")};
  }
  Finding finding = cut_off(last, wanted, "written");
  if (found.size == 0) {
    finding = damage_said("the log was emptied: the records up to " + std::to_string(wanted) +
                          " are gone from it");
  } else if (last >= wanted) {
    finding = damage_said("the log was written anew: " + record_text(wanted) +
                          " does not stand where it was written");
  }
  return {later(known.chain, found), std::move(finding)};
}

LogLook look_at_another(int fd, const LogEnd& known, const LogEnd& found) {
  // An empty one, as a rotation leaves it.
  if (found.size == 0) return {LogEnd{known.chain, 0, 0}, {}};
  if (known.chain.hash.empty()) return {found, {}};
  Finding finding;
  if (!still_stands(fd, known)) {
    finding = judge_first(fd, found.size, known.chain,
                          record_text(known.chain.seq) + ", the last that was written");
  }
  return {later(known.chain, found), std::move(finding)};
}

LogLook look_at_first(int fd, const ChainEnd& signed_end, const LogEnd& found) {
  const std::string what = record_text(signed_end.seq) + ", the last that was signed";
  if (signed_end.seq == 0) return {found, {}};
  if (found.size == 0) {
    return {LogEnd{signed_end, 0, 0},
            Finding{"the log of before is gone or was moved away; this one goes on behind " + what,
                    false}};
  }
  Finding finding;
  if (found.chain.seq < signed_end.seq) {
    finding = cut_off(found.chain.seq, signed_end.seq, "signed");
  } else if (!holds_line(fd, found.size, signed_end)) {
    finding = judge_first(fd, found.size, signed_end, what);
  }
  return {later(signed_end, found), std::move(finding)};
}

}  // namespace ssmgate::state
