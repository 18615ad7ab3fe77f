#include "ssmgate/request/http_request.hpp"

#include "names/ascii.hpp"

namespace ssmgate {

bool iequals_of_one_length(std::string_view a, std::string_view b) noexcept {
  return ascii::iequals(a, b);
}

}  // namespace ssmgate
