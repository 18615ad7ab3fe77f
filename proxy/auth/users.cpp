#include "auth/users.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "auth/password_hash.hpp"
#include "ssmgate/rules/decide.hpp"
#include "ssmgate/text/fields.hpp"
#include "tls/file.hpp"
#include "wire/utf8.hpp"

namespace ssmgate::auth {
namespace {

// LIMIT: a hundred times the largest team; a longer file is no users file.
constexpr std::size_t kMaxUsers = 100'000;

// Why nobody may be called `name`; nothing when it is fine.
std::optional<std::string> fault_in_name(std::string_view name) {
  if (name.empty()) return "there is no name before the colon; write NAME:HASH";
  if (name.size() > kMaxUserName) return "the name is longer than 256 bytes";
  if (!wire::is_plain_text(name) || escape_invisible(name) != name) {
    return "the name " + in_backticks(name) +
           " is no UTF-8, or has control or invisible characters";
  }
  if (name.front() == ' ' || name.back() == ' ') {
    return "the name " + in_backticks(name) + " begins or ends with a space; take it out";
  }
  if (name == "any" || name.front() == '@' || name.find_first_of("*?") != std::string_view::npos) {
    return in_backticks(name) +
           " cannot be a user's name: in a policy's `users` it means something else";
  }
  return std::nullopt;
}

class Parser {
 public:
  LoadedUsers parse(std::string_view text) {
    while (!text.empty() && loaded_.diagnostics.size() < kMaxUsers) {
      ++line_;
      const std::size_t end = text.find('\n');
      line(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    if (hashes_.empty() && loaded_.diagnostics.empty()) {
      error(1, "the file holds no user; add a line NAME:HASH, such as `mkpasswd` makes the hash");
    }
    if (hashes_.size() > kMaxUsers) error(1, "more than 100000 users");
    if (loaded_.diagnostics.empty()) {
      loaded_.users = std::make_shared<const Users>(std::move(hashes_));
    }
    return std::move(loaded_);
  }

 private:
  void error(std::size_t column, std::string text) {
    // What an empty file lacks, it lacks on its first line.
    const std::uint32_t line = std::max<std::uint32_t>(line_, 1);
    report_error(loaded_.diagnostics, Position{line, static_cast<std::uint32_t>(column)},
                 std::move(text));
  }

  void line(std::string_view line) {
    if (line.empty() || line.front() == '#') return;
    if (line.back() == '\r') {
      return error(line.size(), "the line ends with CR LF; save the file with LF alone");
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      // The line is not shown: it may be a password.
      return error(1, "the line has no colon; write NAME:HASH");
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view hash = line.substr(colon + 1);
    if (auto fault = fault_in_name(name)) return error(1, std::move(*fault));
    const std::size_t column = code_points(name) + 2;
    if (const std::string_view fault = fault_in_hash(hash); !fault.empty()) {
      return error(column, "the hash of " + in_backticks(name) + " " + std::string(fault));
    }
    const auto [first, is_new] = lines_.try_emplace(std::string(name), line_);
    if (!is_new) {
      return error(1, in_backticks(name) + " stands twice, first on line " +
                          std::to_string(first->second) + "; take one out");
    }
    hashes_.emplace(name, hash);
  }

  static std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
  }

  std::uint32_t line_ = 0;  // of the line that is read, from 1
  Users::Hashes hashes_;
  std::map<std::string, std::uint32_t> lines_;
  LoadedUsers loaded_;
};

}  // namespace

Users::Users(Hashes hashes) : hashes_(std::move(hashes)) {
  for (const auto& [name, hash] : hashes_) all_.push_back(&hash);
}

const std::string* Users::find(std::string_view name) const {
  const auto found = hashes_.find(name);
  return found == hashes_.end() ? nullptr : &found->second;
}

const std::string& Users::decoy(std::size_t number) const {
  return *all_.at(number % all_.size());
}

LoadedUsers parse_users(std::string_view text) {
  Parser parser;
  return parser.parse(text);
}

std::variant<std::vector<std::string>, std::shared_ptr<const Users>> load_users(
    const std::filesystem::path& path) {
  auto text = tls::read_file(path, tls::Privacy::owner_only);
  if (auto* fault = std::get_if<tls::AuthorityFault>(&text)) {
    return std::vector<std::string>{"ssmgate: `users_file`: " + fault->text};
  }
  LoadedUsers loaded = parse_users(std::get<std::string>(text));
  if (loaded.users != nullptr) return std::move(loaded.users);
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    lines.push_back(render_diagnostic(path.string(), diagnostic));
  }
  return lines;
}

}  // namespace ssmgate::auth
