#include "commands/inherited_descriptors.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

using ssmgate::commands::InheritedDescriptors;

namespace {

// The exit status of `script`, started with what `inherited` leaves open.
int run(const InheritedDescriptors& inherited, std::string script) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  REQUIRE(inherited.close_others(actions) == 0);
  std::string shell = "sh";
  std::string option = "-c";
  char* const arguments[] = {shell.data(), option.data(), script.data(), nullptr};
  char* const environment[] = {nullptr};
  pid_t child = 0;
  REQUIRE(::posix_spawn(&child, "/bin/sh", &actions, nullptr, arguments, environment) == 0);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status);
}

int open_to_be_passed_on() {
  const int descriptor = ::open("/dev/null", O_RDWR);
  REQUIRE(descriptor > STDERR_FILENO);
  return descriptor;
}

std::string is_open(int descriptor) {
  return "[ -e /proc/$$/fd/" + std::to_string(descriptor) + " ]";
}

}  // namespace

TEST_CASE("a command has the descriptors of before, and none that was opened since") {
  const int gap = open_to_be_passed_on();
  const int kept = open_to_be_passed_on();
  ::close(gap);
  const InheritedDescriptors inherited;
  REQUIRE(open_to_be_passed_on() == gap);
  const int behind = open_to_be_passed_on();
  REQUIRE(behind > kept);
  CHECK(run(inherited, is_open(kept)) == 0);
  CHECK(run(inherited, is_open(gap)) == 1);
  CHECK(run(inherited, is_open(behind)) == 1);
  CHECK(run(inherited, is_open(0) + " && " + is_open(1) + " && " + is_open(2)) == 0);
  for (const int each : {gap, kept, behind}) ::close(each);
}
