// The page that the admin listener shows: one file, in the program itself.
#pragma once

#include <string>

namespace ssmgate::admin {

// HTML: page.html with page.css and page.js in it.
[[nodiscard]] const std::string& page_text();
// The Content-Security-Policy that lets this very page's script and style run, and nothing else.
[[nodiscard]] const std::string& page_security();

}  // namespace ssmgate::admin
