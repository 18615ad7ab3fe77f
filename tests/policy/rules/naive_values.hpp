// Values of the policy language a second time: on the C library, std::regex and text, slow, and
// sharing no code with policy/.
#pragma once

#include <cstdint>
#include <regex>
#include <string>
#include <vector>

namespace ssmgate::naive {

using Strings = std::vector<std::string>;

// Made once a pattern.
const std::regex& regex_of(const std::string& pattern);

// "0101…", 32 or 128 of them; "" when the text is no address. IPv4-mapped ones are IPv4.
std::string client_bits(const std::string& text);

// ADDRESS or ADDRESS/LENGTH against the bits of a client.
bool client_in(const std::string& block, const std::string& bits);

// An entry of `hosts` against a canonical host.
bool host_matches(const std::string& entry, const std::string& host, bool denies);

// `least` ≤ value ≤ 65535 in its one spelling.
bool is_port(const std::string& text, int least);
bool port_matches(const std::string& entry, const std::string& port);

bool is_target(const std::string& text);

// A session document as asked for; `good` is false when it is malformed.
struct Asked {
  bool good = false;
  std::string name, region, account, partition;
  bool arn = false;
};
Asked read_document(const std::string& text, const std::string& endpoint_region);
bool is_reserved(const std::string& name);

// Seconds since 1970 of the forms that the generator writes.
std::int64_t seconds_of(const std::string& time);
std::string time_text(std::int64_t seconds);

// `days` as one text each, hours of a zone whose offset never changes.
bool hours_hold(const Strings& days, const std::string& from, const std::string& to,
                const std::string& zone, std::int64_t now);

}  // namespace ssmgate::naive
