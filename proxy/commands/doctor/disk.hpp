// Whether a folder's file system takes anything more.
//
// Owns: the probe, which is gone afterwards (docs/decisions/0019-a-doctor-that-leaves-no-trace.md).
#pragma once

#include <cstdint>
#include <filesystem>

namespace ssmgate::doctor {

// A line written into a file of its own in `folder`, brought to the disk and deleted: what opening
// does not tell, a full disk or a quota, this does. 0, or errno.
[[nodiscard]] int try_writing(const std::filesystem::path& folder);

// What is left there for those who are not root; the most there can be where nothing tells.
[[nodiscard]] std::uint64_t find_free_bytes(const std::filesystem::path& folder);

}  // namespace ssmgate::doctor
