#include "commands/started_command.hpp"

#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "commands/descriptor_limit.hpp"

namespace ssmgate::commands {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// A terminal sends its SIGINT and SIGQUIT to the command as well; `kill` sends them to us alone.
// A hang-up reaches only the first process of a session, which may be us.
bool is_for_command(const siginfo_t& signal) {
  if (signal.si_signo == SIGTERM || signal.si_signo == SIGHUP) return true;
  const bool interrupt = signal.si_signo == SIGINT || signal.si_signo == SIGQUIT;
  return interrupt && signal.si_code != SI_KERNEL;
}

}  // namespace

StartedCommand::StartedCommand() {
  // Whoever started us may have it ignored: the system then keeps no exit status for us.
  std::signal(SIGCHLD, SIG_DFL);
  sigemptyset(&set_);
  for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGCHLD}) sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, &before_);
}

int StartedCommand::run(std::vector<std::string> command,
                        std::vector<std::string> environment) const {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &before_);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  pid_t child = 0;
  int error = descriptors_.close_others(actions);
  if (error == 0) {
    error = ::posix_spawnp(&child, command.front().c_str(), &actions, &attributes,
                           pointers(command).data(), pointers(environment).data());
  }
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    std::fprintf(stderr, "ssmgate: `%s` cannot be run: %s\n", command.front().c_str(),
                 std::strerror(error));
    return error == ENOENT ? kNotFound : kNotRunnable;
  }
  // Only now: the command keeps the limit that it would have without us.
  raise_descriptor_limit();
  return wait_for(child);
}

int StartedCommand::wait_for(pid_t child) const {
  for (;;) {
    siginfo_t signal{};
    if (::sigwaitinfo(&set_, &signal) < 0) continue;
    if (is_for_command(signal)) ::kill(child, signal.si_signo);
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended < 0 && errno == ECHILD) return kGatewayTrouble;
    if (ended != child) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

}  // namespace ssmgate::commands
