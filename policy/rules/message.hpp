// What a person reads about a judgement: what was asked, why not, what to do.
//
// One line. Bytes of the request are shown through `printable`; text of the policy keeps its
// letters but loses what could do something to a terminal.
#pragma once

#include <string>
#include <string_view>

#include "rules/compiled.hpp"
#include "rules/facts.hpp"

namespace ssmgate {

// "AWS-StartPortForwardingSessionToRemoteHost on i-0abc… to db.example.com:5432".
[[nodiscard]] std::string describe_session(const Facts& facts);

// What `rule` would have allowed where it failed: "host `a` or `b` (asked: c); and port 1-2 …".
[[nodiscard]] std::string describe_failures(const Rule& rule, const Facts& facts);

// Text of the policy as one line: blanks joined, invisible characters escaped.
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace ssmgate
