// What the tests of doctor's checks share: looking at findings by their ids.
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "commands/doctor/finding.hpp"

namespace ssmgate::doctor {

// "problem proxy.unset, ok no-proxy.ssm": what was found, in its order.
inline std::string ids(const Findings& findings) {
  std::string text;
  for (const Finding& each : findings) {
    text += (text.empty() ? "" : ", ") + std::string(name(each.level)) + " " + each.id;
    // INVARIANT: whatever is not ok says what mends it, and everything is one line.
    CHECK_EQ(each.mend.empty(), each.level == Level::ok);
    CHECK_EQ(each.text.find('\n'), std::string::npos);
    CHECK_EQ(each.mend.find('\n'), std::string::npos);
  }
  return text;
}

}  // namespace ssmgate::doctor
