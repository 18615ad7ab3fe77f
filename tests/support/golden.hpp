// Golden files: fixtures under tests/golden/FOLDER, and what is expected of them beside.
//
// With SSMGATE_UPDATE_GOLDEN set the expected files are written anew, to be read before a commit.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ssmgate::test {

// All bytes of the file; a file that is not there is empty.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

// The files of tests/golden/FOLDER that end in `extension`, sorted by name.
[[nodiscard]] std::vector<std::filesystem::path> golden_files(std::string_view folder,
                                                              std::string_view extension);

// What the file says is expected; after it was written anew with `got` where that was asked for.
[[nodiscard]] std::string expected(const std::filesystem::path& golden, std::string_view got);

}  // namespace ssmgate::test
