#include "rules/glob_language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "names/ascii.hpp"
#include "ssmgate/names/glob.hpp"
#include "ssmgate/names/port.hpp"
#include "ssmgate/names/region.hpp"
#include "ssmgate/names/target.hpp"

namespace ssmgate {
namespace {

constexpr std::size_t kMaxDocumentName = 128;
constexpr std::size_t kMaxRegion = 63;  // one label of a host name
constexpr std::size_t kMaxTarget = 400;
constexpr std::size_t kMaxAccessKey = 128;
constexpr std::size_t kMaxOperation = 128;
constexpr std::size_t kMaxValue = 65535;

// Characters that every match has: all but the stars.
std::size_t least_length(std::string_view glob) {
  return glob.size() - static_cast<std::size_t>(std::count(glob.begin(), glob.end(), '*'));
}

bool is_name(char c) noexcept {
  return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.';
}

Shape text_then(std::string_view text, std::string_view set, int count) {
  Shape shape;
  append_text(shape, text);
  append_set(shape, set, count, false);
  return shape;
}

Shape set_of(std::string_view set, int least, bool open) {
  Shape shape;
  append_set(shape, set, least, open);
  return shape;
}

Shape ecs_target() {
  Shape shape;
  append_text(shape, "ecs:");
  append_set(shape, kAlnumDashUnderscore, 1, true);
  append_text(shape, "_");
  append_set(shape, kAlnumDash, 1, true);
  append_text(shape, "_");
  append_set(shape, kAlnumDash, 1, true);
  return shape;
}

Shape reserved_name(std::initializer_list<std::string_view> letters) {
  Shape shape;
  for (const std::string_view letter : letters) append_set(shape, letter, 1, false);
  append_set(shape, kDocumentName, 0, true);
  return shape;
}

}  // namespace

void append_text(Shape& shape, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) shape.push_back({text.substr(i, 1), false});
}

void append_set(Shape& shape, std::string_view set, int least, bool open) {
  for (int i = 0; i < least; ++i) shape.push_back({set, false});
  if (open) shape.push_back({set, true});
}

bool glob_fits(std::string_view glob, const Shape& shape) {
  // reach[j]: some text of shape[0..j) matches the glob read so far.
  std::vector<char> reach(shape.size() + 1, 0);
  const auto skip_repeats = [&](std::vector<char>& row) {
    for (std::size_t j = 0; j < shape.size(); ++j) {
      if (row[j] != 0 && shape[j].repeats) row[j + 1] = 1;
    }
  };
  reach[0] = 1;
  skip_repeats(reach);
  for (const char c : glob) {
    std::vector<char> next(shape.size() + 1, 0);
    if (c == '*') {
      bool any = false;
      for (std::size_t j = 0; j <= shape.size(); ++j) {
        any = any || reach[j] != 0;
        next[j] = any ? 1 : 0;
      }
    } else {
      for (std::size_t j = 0; j < shape.size(); ++j) {
        const bool takes = c == '?' || shape[j].set.find(c) != std::string_view::npos;
        if (reach[j] == 0 || !takes) continue;
        next[shape[j].repeats ? j : j + 1] = 1;
      }
      skip_repeats(next);
    }
    reach.swap(next);
  }
  return reach.back() != 0;
}

bool can_match_target(std::string_view glob) {
  if (!has_glob(glob)) return glob.size() <= kMaxTarget && parse_target(glob);
  static const std::array<Shape, 4> shapes = {text_then("i-", kHexDigits, 8),
                                              text_then("i-", kHexDigits, 17),
                                              text_then("mi-", kHexDigits, 17), ecs_target()};
  return least_length(glob) <= kMaxTarget &&
         std::any_of(shapes.begin(), shapes.end(),
                     [&](const Shape& shape) { return glob_fits(glob, shape); });
}

bool can_match_region(std::string_view glob) {
  if (!has_glob(glob)) return glob.size() <= kMaxRegion && has_region_form(glob);
  static const Shape shape = set_of(kLowerDash, 1, true);
  return least_length(glob) <= kMaxRegion && glob_fits(glob, shape);
}

bool can_match_operation(std::string_view glob) {
  static const Shape shape = [] {
    Shape made = set_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1, false);
    append_set(made, kAlnum, 0, true);
    return made;
  }();
  return least_length(glob) <= kMaxOperation && glob_fits(glob, shape);
}

bool can_match_document_name(std::string_view glob) {
  static const Shape shape = set_of(kDocumentName, 3, true);
  if (least_length(glob) > kMaxDocumentName) return false;
  if (!has_glob(glob)) return glob.size() >= 3 && std::all_of(glob.begin(), glob.end(), is_name);
  return glob_fits(glob, shape);
}

bool can_match_reserved_name(std::string_view glob) {
  static const std::array<Shape, 3> shapes = {reserved_name({"aA", "wW", "sS"}),
                                              reserved_name({"aA", "mM", "aA", "zZ", "oO", "nN"}),
                                              reserved_name({"aA", "mM", "zZ", "nN"})};
  return least_length(glob) <= kMaxDocumentName &&
         std::any_of(shapes.begin(), shapes.end(),
                     [&](const Shape& shape) { return glob_fits(glob, shape); });
}

bool can_match_account(std::string_view glob) {
  static const Shape shape = set_of(kDigits, 12, false);
  return glob_fits(glob, shape);
}

bool can_match_place(std::string_view partition, std::string_view region) {
  struct Known {
    std::string_view partition, regions;
  };
  // SOURCE: partition_of_region (document_pattern.cpp).
  constexpr std::array kKnown = {
      Known{"aws-cn", "cn-*"},         Known{"aws-us-gov", "us-gov-*"},
      Known{"aws-iso", "us-iso-*"},    Known{"aws-iso-b", "us-isob-*"},
      Known{"aws-iso-f", "us-isof-*"}, Known{"aws-iso-e", "eu-isoe-*"},
      Known{"aws-eusc", "eusc-*"},
  };
  const std::string_view head = region.substr(0, region.find_first_of("*?"));
  bool elsewhere = false;  // every region that the glob matches is of another partition than aws
  for (const Known& known : kKnown) {
    if (glob_matches(partition, known.partition) && globs_intersect(region, known.regions)) {
      return true;
    }
    elsewhere = elsewhere || glob_matches(known.regions, head);
  }
  return glob_matches(partition, "aws") && !elsewhere;
}

bool can_match_access_key(std::string_view glob) {
  static const std::string kVisible = [] {
    std::string made;
    for (char c = '!'; c <= '~'; ++c) {
      if (std::string_view("=`/,").find(c) == std::string_view::npos) made += c;
    }
    return made;
  }();
  static const Shape shape = set_of(kVisible, 1, true);
  return least_length(glob) <= kMaxAccessKey && glob_fits(glob, shape);
}

bool can_match_value(std::string_view glob) {
  return !glob.empty() && least_length(glob) <= kMaxValue &&
         glob.find("{{") == std::string_view::npos && glob.find('\0') == std::string_view::npos;
}

bool can_match_local_port(std::string_view glob) {
  static const Shape shape = set_of(kDigits, 1, true);
  if (!has_glob(glob)) return parse_local_port(glob).has_value();
  return least_length(glob) <= 5 && glob_fits(glob, shape);
}

}  // namespace ssmgate
