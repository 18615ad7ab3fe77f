// `ssmgate import-iam`: an IAM policy as the rules that say the same.
//
// Exit status: 0, 1 with losses, 2 when it cannot be read.
#include <memory>
#include <string>

#include "commands/command.hpp"
#include "commands/output.hpp"
#include "commands/policy_file.hpp"
#include "ssmgate/tools/iam.hpp"

namespace ssmgate::commands {
namespace {

constexpr int kImportLosses = 1;

struct ImportOptions {
  std::string file;
  bool scp = false;
};

int import(const ImportOptions& options) {
  const auto text = read_text_file(options.file, "name the file of an IAM policy");
  if (!text) return kUnreadable;
  const tools::IamImport imported = tools::import_iam(*text, options.scp);
  if (!imported.yaml) say_other_kind(options.file, *text, FileKind::iam);
  print_diagnostics(options.file, imported.diagnostics);
  if (!imported.yaml) return kUnreadable;
  if (!write_output(*imported.yaml)) return kUnreadable;
  return imported.lossy ? kImportLosses : 0;
}

}  // namespace

void add_import_iam_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = app.add_subcommand(
      "import-iam", "Turn an IAM policy or service control policy into a policy file");
  command->add_option("FILE", options->file, "the policy's JSON, bare or as the AWS CLI prints it")
      ->required();
  command->add_flag("--scp", options->scp, "a service control policy: its Allows grant nothing");
  command->callback([options, &exit_status] { exit_status = import(*options); });
}

}  // namespace ssmgate::commands
