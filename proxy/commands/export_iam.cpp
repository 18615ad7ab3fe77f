// `ssmgate export-iam`: the IAM policy that backs a policy file up.
//
// Exit status: 0, 1 with losses, 2 when the policy has errors or the comments cannot be written.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "commands/command.hpp"
#include "commands/output.hpp"
#include "commands/policy_file.hpp"
#include "ssmgate/names/ip_address.hpp"
#include "ssmgate/tools/iam.hpp"

namespace ssmgate::commands {
namespace {

constexpr int kExportLosses = 1;

struct Options {
  std::string file;
  std::string comments;
  tools::ExportOptions how;
};

constexpr std::string_view kCommentsBegin = "What the IAM policy made of ";

// False: what stands there is something else, which would be lost.
bool may_be_overwritten(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return true;  // `fopen` says what it is
  const auto text = read_bytes(path);
  if (text && (text->empty() || text->starts_with(kCommentsBegin))) return true;
  std::fprintf(stderr,
               "ssmgate: %s is there already and holds no such comments; name another file with "
               "--comments, or move that one away\n",
               escape_invisible(path).c_str());
  return false;
}

// JSON has no comments: what IAM cannot hold goes beside it.
bool write_comments(const Options& options, const Diagnostics& diagnostics) {
  std::FILE* file = std::fopen(options.comments.c_str(), "wb");
  bool written = file != nullptr;
  if (written) {
    const std::string shown = escape_invisible(options.file);
    std::string text = std::string(kCommentsBegin) + shown + " does not hold:\n";
    for (const Diagnostic& d : diagnostics) text += render_diagnostic(shown, d) + '\n';
    written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    written = std::fclose(file) == 0 && written;
  }
  if (written) return true;
  std::fprintf(stderr, "ssmgate: cannot write %s: %s; name a file with --comments\n",
               escape_invisible(options.comments).c_str(), std::strerror(errno));
  return false;
}

bool has_wrong_egress(const Options& options) {
  for (const std::string& block : options.how.egress) {
    if (parse_cidr(block)) continue;
    std::fprintf(stderr,
                 "ssmgate: %s is no address or CIDR; write --egress 203.0.113.7 or --egress "
                 "203.0.113.0/24\n",
                 in_backticks(block).c_str());
    return true;
  }
  return false;
}

int run_export(const Options& options) {
  if (has_wrong_egress(options)) return kUnreadable;
  if (!options.comments.empty() && !may_be_overwritten(options.comments)) return kUnreadable;
  const auto text = read_policy_file(options.file);
  if (!text) return kUnreadable;
  const tools::IamExport exported = tools::export_iam(*text, options.how);
  if (!exported.json) say_other_kind(options.file, *text, FileKind::policy);
  print_diagnostics(options.file, exported.diagnostics);
  if (!exported.json) return kUnreadable;
  if (!options.comments.empty() && !write_comments(options, exported.diagnostics))
    return kUnreadable;
  if (!write_output(*exported.json)) return kUnreadable;
  return exported.lossy ? kExportLosses : 0;
}

}  // namespace

void add_export_iam_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("export-iam", "Write the IAM policy that backs a policy file up");
  command->add_option("FILE", options->file, "policy file")->required();
  command->add_option("--partition", options->how.partition, "for rules whose regions tell none")
      ->check(CLI::IsMember({"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e",
                             "aws-iso-f", "aws-eusc"}))
      ->capture_default_str();
  command->add_option("--egress", options->how.egress,
                      "allow sessions only from this address or CIDR of the gateway; repeatable");
  command->add_option("--comments", options->comments, "also write what is lost to this file");
  command->callback([options, &exit_status] { exit_status = run_export(*options); });
}

}  // namespace ssmgate::commands
