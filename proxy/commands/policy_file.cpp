#include "commands/policy_file.hpp"

#include <cerrno>
#include <cstdio>

#include "ssmgate/text/tree.hpp"

namespace ssmgate::commands {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

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
  print_diagnostics(path, loaded.diagnostics);
  return std::move(loaded.policy);
}

void print_diagnostics(const std::string& path, const Diagnostics& diagnostics) {
  const std::string shown = escape_invisible(path);
  for (const Diagnostic& diagnostic : diagnostics) {
    std::fprintf(stderr, "%s\n", render_diagnostic(shown, diagnostic).c_str());
  }
}

}  // namespace ssmgate::commands
