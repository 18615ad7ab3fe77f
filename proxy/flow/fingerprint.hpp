// Whether files are what they were when something was made of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ssmgate::flow {

// Of their contents: SHA-256, one behind the other. Empty when one of them cannot be read: then
// nothing is the same as it. INVARIANT: to be taken before the files are read for use: what changes
// in between looks old afterwards, and the next reload reads it again.
[[nodiscard]] std::string fingerprint(const std::vector<std::filesystem::path>& files);

// Of their places, sizes and times, for what is large: another time counts as another content.
// Empty when one of them is not there.
[[nodiscard]] std::string stamp(const std::vector<std::filesystem::path>& files);

}  // namespace ssmgate::flow
