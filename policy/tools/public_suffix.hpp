// Host patterns under which strangers can own names.
#pragma once

#include <string_view>

namespace ssmgate::tools {

// True for `*.com`, `*.amazonaws.com` and the like: what the wildcard leaves is a top-level domain
// or a suffix under which anyone can get a name. LIMIT: of the public suffix list only the suffixes
// that database and service hosts stand under, and the commonest national ones.
[[nodiscard]] bool is_as_wide_as_public_suffix(std::string_view pattern);

}  // namespace ssmgate::tools
