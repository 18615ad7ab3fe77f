// In which order, and how soon after one another, a host's addresses are tried. Pure.
//
// SOURCE: RFC 8305 (Happy Eyeballs), §4 and §5.
#pragma once

#include <chrono>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

namespace ssmgate::net {

// The families by turns, the first address's family first; within a family the system's order
// (RFC 6724) stays.
[[nodiscard]] std::vector<boost::asio::ip::tcp::endpoint> interleave_families(
    const std::vector<boost::asio::ip::tcp::endpoint>& endpoints);

// How long an attempt is waited for before the next address is tried beside it: 250 ms, less where
// the deadline would pass before `more` further addresses had their turn.
[[nodiscard]] std::chrono::milliseconds stagger_of(std::chrono::steady_clock::duration left,
                                                   std::size_t more);

}  // namespace ssmgate::net
