#include "policy/rules/naive_values.hpp"

#include <algorithm>
#include <ctime>
#include <map>

#include "policy/names/naive_host.hpp"

namespace ssmgate::naive {
namespace {

std::string bits_of(const std::string& text) {
  unsigned char bytes[16];
  const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (inet_pton(family, text.c_str(), bytes) != 1) return "";
  std::string bits;
  for (int i = 0; i < (family == AF_INET ? 4 : 16); ++i) {
    for (int b = 7; b >= 0; --b) bits += ((bytes[i] >> b) & 1) != 0 ? '1' : '0';
  }
  return bits;
}

// The bits that a block fixes, and which family it is of.
struct Block {
  std::string fixed;
  std::size_t size = 0;
};

Block block_of(const std::string& text) {
  const auto slash = text.find('/');
  const std::string bits = bits_of(text.substr(0, slash));
  const auto length = slash == std::string::npos ? bits.size() : std::stoul(text.substr(slash + 1));
  return {bits.substr(0, length), bits.size()};
}

bool in_block(const Block& block, const std::string& bits) {
  return bits.size() == block.size && bits.compare(0, block.fixed.size(), block.fixed) == 0;
}

bool inside_guarded_block(const Block& block) {
  for (const char* guarded : {"127.0.0.0/8", "0.0.0.0/8", "169.254.0.0/16", "::1/128", "::/128",
                              "fe80::/10", "fd00:ec2::/32"}) {
    const Block outer = block_of(guarded);
    if (outer.size == block.size && block.fixed.compare(0, outer.fixed.size(), outer.fixed) == 0 &&
        block.fixed.size() >= outer.fixed.size()) {
      return true;
    }
  }
  return false;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool name_matches(std::string pattern, const std::string& host) {
  pattern = lower(pattern);
  if (pattern.back() == '.') pattern.pop_back();
  std::string regex;
  if (pattern.starts_with("*.")) {
    regex = "([a-z0-9_-]+\\.)+";
    pattern = pattern.substr(2);
  }
  for (const char c : pattern) {
    if (c == '*') {
      regex += "[a-z0-9_-]*";
    } else {
      regex += c == '.' ? std::string("\\.") : std::string(1, c);
    }
  }
  return std::regex_match(host, regex_of(regex));
}

bool is_block(const std::string& entry) {
  return entry.find('/') != std::string::npos || !bits_of(entry).empty();
}

}  // namespace

const std::regex& regex_of(const std::string& pattern) {
  static std::map<std::string, std::regex> made;
  const auto found = made.find(pattern);
  return found != made.end() ? found->second
                             : made.emplace(pattern, std::regex(pattern)).first->second;
}

std::string client_bits(const std::string& text) {
  const std::string bits = bits_of(text);
  const std::string mapped = std::string(80, '0') + std::string(16, '1');
  return bits.size() == 128 && bits.starts_with(mapped) ? bits.substr(96) : bits;
}

bool client_in(const std::string& block, const std::string& bits) {
  return in_block(block_of(block), bits);
}

bool host_matches(const std::string& entry, const std::string& host, bool denies) {
  const std::string bits = bits_of(host);
  const bool guarded = !denies && ::naive::is_guarded(host);
  if (entry == "any") return !guarded;
  if (is_block(entry)) {
    const Block block = block_of(entry);
    return in_block(block, bits) && (!guarded || inside_guarded_block(block));
  }
  if (!bits.empty()) return false;
  if (entry.find('*') == std::string::npos) return ::naive::canonical_host(entry) == host;
  return name_matches(entry, host) && (!guarded || lower(entry) == "*.localhost");
}

bool is_port(const std::string& text, int least) {
  static const std::regex kForm("0|[1-9][0-9]{0,4}");
  return std::regex_match(text, kForm) && std::stoi(text) >= least && std::stoi(text) <= 65535;
}

bool port_matches(const std::string& entry, const std::string& port) {
  if (entry == "any") return true;
  const auto dash = entry.find('-');
  const int low = std::stoi(entry.substr(0, dash));
  const int high = dash == std::string::npos ? low : std::stoi(entry.substr(dash + 1));
  return low <= std::stoi(port) && std::stoi(port) <= high;
}

bool is_target(const std::string& text) {
  static const std::regex kForm(
      "i-[0-9a-f]{8}([0-9a-f]{9})?|mi-[0-9a-f]{17}|"
      "ecs:[A-Za-z0-9_-]+_[A-Za-z0-9-]+_[A-Za-z0-9-]+");
  return std::regex_match(text, kForm);
}

bool is_reserved(const std::string& name) {
  const std::string low = lower(name);
  return low.starts_with("aws") || low.starts_with("amazon") || low.starts_with("amzn");
}

Asked read_document(const std::string& text, const std::string& endpoint_region) {
  static const std::regex kArn("arn:([a-z0-9-]+):ssm:([a-z0-9-]+):([0-9]{12}|):document/(.*)");
  static const std::regex kName("[A-Za-z0-9_.-]{3,128}");
  static const Strings kKnown = {"SSM-SessionManagerRunShell",
                                 "AWS-StartPortForwardingSession",
                                 "AWS-StartPortForwardingSessionToRemoteHost",
                                 "AWS-StartSSHSession",
                                 "AWS-StartInteractiveCommand",
                                 "AWS-StartNonInteractiveCommand",
                                 "AWS-StartNonInteractiveCommands"};
  Asked out;
  std::smatch parts;
  out.name = text;
  if (text.starts_with("arn:")) {
    if (!std::regex_match(text, parts, kArn)) return out;
    out.arn = true;
    out.partition = parts[1];
    out.region = parts[2];
    out.account = parts[3];
    out.name = parts[4];
    if (out.account.empty() && !is_reserved(out.name)) return out;
    if (!endpoint_region.empty() && out.region != endpoint_region) return out;
    const std::string partition = endpoint_region.starts_with("cn-") ? "aws-cn" : "aws";
    if (!endpoint_region.empty() && out.partition != partition) return out;
  }
  if (!std::regex_match(out.name, kName)) return out;
  for (const std::string& known : kKnown) {
    if (out.name != known && lower(out.name) == lower(known)) return out;
  }
  out.good = true;
  return out;
}

std::int64_t seconds_of(const std::string& time) {
  std::tm parts{};
  int zone_hours = 0;
  int zone_minutes = 0;
  char sign = '+';
  std::sscanf(time.c_str(), "%d-%d-%dT%d:%d:%d%c%d:%d", &parts.tm_year, &parts.tm_mon,
              &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &sign, &zone_hours,
              &zone_minutes);
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const std::int64_t offset = zone_hours * 3600 + zone_minutes * 60;
  return timegm(&parts) - (sign == '-' ? -offset : offset);
}

std::string time_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char out[40];
  return {out, std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

bool hours_hold(const Strings& days, const std::string& from, const std::string& to,
                const std::string& zone, std::int64_t now) {
  static const std::map<std::string, int> kOffsets = {
      {"UTC", 0}, {"Asia/Tokyo", 540}, {"Etc/GMT+5", -300}, {"Asia/Kathmandu", 345}};
  static const std::string kWeek = "mon tue wed thu fri sat sun mon tue wed thu fri sat sun ";
  const auto minute = [](const std::string& clock) {
    return std::stoi(clock.substr(0, 2)) * 60 + std::stoi(clock.substr(3, 2));
  };
  const auto named = [&](int day) {
    const std::string name = kWeek.substr(static_cast<std::size_t>(day) * 4, 3);
    if (days.empty()) return true;
    for (const std::string& entry : days) {
      const auto first = kWeek.find(entry.substr(0, 3));
      const auto last = kWeek.find(entry.size() > 3 ? entry.substr(4) : entry, first);
      if (kWeek.substr(first, last - first + 3).find(name) != std::string::npos) return true;
    }
    return false;
  };
  const std::int64_t local = now + kOffsets.at(zone) * 60;
  const int time = static_cast<int>(local / 60 % 1440);
  const int day = static_cast<int>((local / 86400 + 3) % 7);  // 1970-01-01 was a Thursday
  if (minute(from) < minute(to)) return named(day) && minute(from) <= time && time < minute(to);
  return time >= minute(from) ? named(day) : time < minute(to) && named((day + 6) % 7);
}

}  // namespace ssmgate::naive
