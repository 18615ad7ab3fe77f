// `ssmgate ca rotate`: a new root, step by step, with nobody's shell broken in between.
#include <cstdio>
#include <memory>

#include "commands/ca.hpp"
#include "commands/client_bundle.hpp"
#include "commands/output.hpp"
#include "commands/settings.hpp"

namespace ssmgate::commands {
namespace {

struct RotateOptions {
  std::optional<std::filesystem::path> config;
  bool activate = false;
  bool now = false;
  bool finish = false;
  bool cancel = false;
};

void say(const std::string& text) {
  std::printf("%s\n", text.c_str());
}

// A command of ssmgate's for the same configuration.
std::string own_line(const RotateOptions& options, const std::string& words) {
  return "ssmgate " + words + (options.config ? " --config " + options.config->string() : "");
}

// What is said after each step is what to do before the next.
tls::Rotation::Done take_step(const tls::Rotation& rotation, const config::Config& settings,
                              const RotateOptions& options) {
  const auto now = tls::Clock::now();
  if (options.activate) return rotation.activate(now, options.now);
  if (options.finish) return rotation.finish();
  if (options.cancel) return rotation.cancel();
  return rotation.begin(now, settings.intercept.hosts);
}

void say_next(const RotateOptions& options) {
  if (options.activate) {
    return say(
        "the new root is in force: a running gateway takes it by itself.\n"
        "Clients still trust both; when none needs the old one: " +
        own_line(options, "ca rotate --finish"));
  }
  if (options.finish)
    return say("the old root is out of the file: clients trust the new one alone");
  if (options.cancel) return say("the new root is gone; the old one goes on");
  say("the new root stands beside the old one, which goes on signing.\n"
      "Now hand both out: `ssmgate env` and `ssmgate run` do by themselves, others get\n"
      "`" +
      own_line(options, "ca export") + "` again. In 7 days or later:\n" +
      own_line(options, "ca rotate --activate"));
}

int rotate(const RotateOptions& options) {
  if (options.activate + options.finish + options.cancel > 1 ||
      (options.now && !options.activate)) {
    return fail("write one of `--activate [--now]`, `--finish` and `--cancel`, or none to begin");
  }
  const auto found = find_settings(options.config);
  if (!found) return 2;
  const config::Config& settings = found->config;
  const tls::Rotation rotation(settings.ca_certificate, settings.ca_key);
  const auto done = take_step(rotation, settings, options);
  if (const auto* fault = std::get_if<tls::AuthorityFault>(&done)) return fail(fault->text, 1);
  // What shells of `ssmgate env` trust is a copy: it learns of the new root now.
  if (!options.activate && !options.finish && !options.cancel) {
    const auto looked = rotation.look();
    const auto* state = std::get_if<tls::CaState>(&looked);
    if (state != nullptr && state->stage == tls::RotationStage::begun) {
      const auto fault =
          add_to_bundle(settings.state / "bundle.pem", tls::to_pem(state->in_force.get()),
                        tls::to_pem(state->others[state->next].get()));
      if (fault)
        return fail(fault->text + "; type `ssmgate env` in one shell before --activate", 1);
    }
  }
  say_next(options);
  return 0;
}

}  // namespace

void add_ca_rotate(CLI::App& ca, int& exit_status) {
  auto options = std::make_shared<RotateOptions>();
  CLI::App* command = ca.add_subcommand(
      "rotate", "Replace the root: begin, then --activate after a week, then --finish");
  add_config_option(*command, options->config);
  command->add_flag("--activate", options->activate, "Sign with the new root from now on");
  command->add_flag("--now", options->now, "With --activate: do not wait for the week to be over");
  command->add_flag("--finish", options->finish, "Take the old root out of what clients trust");
  command->add_flag("--cancel", options->cancel, "Before --activate: take the new root back");
  command->callback([options, &exit_status] { exit_status = rotate(*options); });
}

}  // namespace ssmgate::commands
