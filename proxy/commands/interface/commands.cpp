// `ssmgate completion` and `ssmgate man`: what the command line says of itself.
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "commands/interface/command.hpp"
#include "commands/interface/tree.hpp"
#include "commands/output.hpp"

namespace ssmgate::commands {
namespace {

// A file for the program and for each of its commands; false: one could not be written.
bool write_pages(const std::vector<interface::Command>& tree, const std::filesystem::path& folder) {
  std::vector<std::string> groups = {""};
  groups.insert(groups.end(), tree.front().children.begin(), tree.front().children.end());
  for (const std::string& group : groups) {
    std::ofstream file(folder / (group.empty() ? "ssmgate.1" : "ssmgate-" + group + ".1"));
    file << interface::render_man(tree, group);
    if (!file.flush()) return false;
  }
  return true;
}

int print_page(const CLI::App& root, const std::string& group) {
  const auto tree = interface::describe(root);
  if (group.find(' ') != std::string::npos || interface::find_command(tree, group) == nullptr) {
    return fail("no command `" + group + "` has a page; see `ssmgate --help`");
  }
  return write_output(interface::render_man(tree, group)) ? 0 : 2;
}

}  // namespace

void add_completion_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("completion", "Print the completion script of a shell");
  command->require_subcommand(1);
  const auto add = [&](const char* shell, auto render) {
    CLI::App* one =
        command->add_subcommand(shell, "Print the completion script for " + std::string(shell));
    one->callback([&app, &exit_status, render] {
      exit_status = write_output(render(interface::describe(app))) ? 0 : 2;
    });
  };
  add("bash", &interface::render_bash);
  add("zsh", &interface::render_zsh);
  add("fish", &interface::render_fish);
}

void add_man_command(CLI::App& app, int& exit_status) {
  auto group = std::make_shared<std::string>();
  auto folder = std::make_shared<std::optional<std::string>>();
  CLI::App* command =
      app.add_subcommand("man", "Print the manual page of a command, or the program's");
  command->add_option("COMMAND", *group, "The command; none: the program");
  command
      ->add_option_function<std::string>(
          "--into", [folder](const std::string& name) { *folder = name; },
          "Write the pages of all commands into this folder instead")
      ->type_name("PATH");
  command->callback([&app, group, folder, &exit_status] {
    if (!*folder) {
      exit_status = print_page(app, *group);
    } else if (write_pages(interface::describe(app), **folder)) {
      exit_status = 0;
    } else {
      exit_status = fail("the pages cannot be written to `" + **folder + "`; name a folder");
    }
  });
}

}  // namespace ssmgate::commands
