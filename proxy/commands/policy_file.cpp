#include "commands/policy_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <initializer_list>

#include "ssmgate/text/tree.hpp"

namespace ssmgate::commands {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

bool has_one_of(const TreeNode& root, std::initializer_list<std::string_view> keys) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](std::string_view key) { return root.find(key) != nullptr; });
}

// By the keys that only one of them has.
std::optional<FileKind> guess_kind(std::string_view text) {
  Diagnostics ignored;
  const auto root = parse_tree(text, ignored);
  if (!root || root->kind != TreeNode::Kind::mapping) return std::nullopt;
  if (has_one_of(*root, {"allow", "deny", "version", "groups"})) return FileKind::policy;
  if (has_one_of(*root, {"cases"})) return FileKind::policy_test;
  if (has_one_of(*root, {"Statement", "Version"})) return FileKind::iam;
  if (has_one_of(*root, {"listen", "ca", "state", "egress", "upstream", "audit", "admin",
                         "intercept", "sessions", "limits", "users_file"})) {
    return FileKind::configuration;
  }
  return std::nullopt;
}

}  // namespace

boost::system::result<std::string> read_bytes(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  std::string text;
  char buffer[65536];
  std::size_t size = 0;
  while (file && text.size() <= kMaxFileSize &&
         (size = std::fread(buffer, 1, sizeof buffer, file.get())) > 0) {
    text.append(buffer, size);
  }
  if (file && std::ferror(file.get()) == 0) return text;
  return boost::system::error_code(errno, boost::system::system_category());
}

std::optional<std::string> read_text_file(const std::string& path, std::string_view hint) {
  auto text = read_bytes(path);
  if (text) return std::move(*text);
  std::fprintf(stderr, "ssmgate: cannot read %s: %s; %s\n", escape_invisible(path).c_str(),
               text.error().message().c_str(), std::string(hint).c_str());
  return std::nullopt;
}

std::optional<std::string> read_policy_file(const std::string& path) {
  return read_text_file(path, "name a policy file");
}

std::shared_ptr<const Policy> open_policy(const std::string& path) {
  const auto text = read_policy_file(path);
  if (!text) return nullptr;
  LoadedPolicy loaded = load_policy(*text);
  if (!loaded.policy) say_other_kind(path, *text, FileKind::policy);
  print_diagnostics(path, loaded.diagnostics);
  return std::move(loaded.policy);
}

void say_other_kind(const std::string& path, std::string_view text, FileKind wanted) {
  const auto kind = guess_kind(text);
  if (!kind || *kind == wanted) return;
  const std::string shown = escape_invisible(path);
  std::string looks;
  switch (*kind) {
    case FileKind::policy: looks = "a policy; try `ssmgate check " + shown + "`"; break;
    case FileKind::policy_test: looks = "a policy test; try `ssmgate test " + shown + "`"; break;
    case FileKind::iam: looks = "an IAM policy; try `ssmgate import-iam " + shown + "`"; break;
    case FileKind::configuration:
      looks =
          "a configuration; name the file behind its `policy`, or try `ssmgate doctor --config " +
          shown + "`";
      break;
  }
  std::fprintf(stderr, "ssmgate: %s looks like %s\n", shown.c_str(), looks.c_str());
}

void print_diagnostics(const std::string& path, const Diagnostics& diagnostics) {
  const std::string shown = escape_invisible(path);
  for (const Diagnostic& diagnostic : diagnostics) {
    std::fprintf(stderr, "%s\n", render_diagnostic(shown, diagnostic).c_str());
  }
}

}  // namespace ssmgate::commands
