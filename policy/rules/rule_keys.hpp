// What a rule can be found by: hashes of the exact values in its criteria, and those of a request.
//
// Owns: which entry of which criterion has a key. Does not own: where keys are kept (rule_index,
// nearest_index).
//
// INVARIANT: when a criterion of a rule has keys and holds for a request, the request has one of
// them. Two values may share a hash: a key finds rules that are then looked at, it decides nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "rules/criteria.hpp"

namespace ssmgate {

using Key = std::uint64_t;

// The keys of one entry, any of which finds it.
using EntryKeys = boost::container::small_vector<Key, 2>;

// The criteria whose entries may have keys, as bits.
using CriterionSet = std::uint32_t;
[[nodiscard]] constexpr CriterionSet bit(Criterion criterion) noexcept {
  return CriterionSet{1} << static_cast<unsigned>(criterion);
}
inline constexpr std::array kKeyedCriteria = {
    Criterion::users,       Criterion::clients, Criterion::accounts,
    Criterion::access_keys, Criterion::regions, Criterion::targets,
    Criterion::hosts,       Criterion::ports,   Criterion::commands};

// Which kinds of keys there are at all, so that a request is asked only for those.
struct KeyKinds {
  CriterionSet criteria = 0;
  bool labels = false;                                               // patterns for host names
  std::vector<std::uint8_t> host_v4, host_v6, client_v4, client_v6;  // lengths of prefixes
  std::vector<std::uint8_t> heads;  // lengths of what stands before the first `*` or `?` of a glob
};

// Sets `out` to the keys of the rule's entries in one criterion, or to none: the rule leaves it
// out, or an entry has no key (a glob that begins with `*`, `any`, a wide range).
void find_entry_keys(Criterion criterion, const Rule& rule, std::vector<EntryKeys>& out);

// For a criterion that has keys.
void note_kinds(Criterion criterion, const Rule& rule, KeyKinds& kinds);

// True when an allow rule's criterion is passed over for the document, which then says nothing.
// `entry`: of the catalogue; null: the document is outside of it.
[[nodiscard]] bool is_passed_over(Criterion criterion, const CatalogueEntry* entry) noexcept;

// Appends the keys that the request has.
void append_request_keys(const Facts& facts, const KeyKinds& kinds, std::vector<Key>& keys);

// How many rules have a key: the rarest of an entry's finds it best.
class KeyCounts {
 public:
  void add(const std::vector<EntryKeys>& entries);
  void finish();  // no more will be added
  [[nodiscard]] std::uint32_t count(Key key) const noexcept;
  [[nodiscard]] Key rarest(const EntryKeys& entry) const noexcept;
  // What the commonest of the rarest keys finds: the cost of finding the rule by this criterion.
  [[nodiscard]] std::uint32_t cost(const std::vector<EntryKeys>& entries) const noexcept;

 private:
  std::vector<Key> keys_;  // sorted once finished, one for each rule that has it
};

}  // namespace ssmgate
